use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use super::command;

/// How long a client may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// The real clients in `tests/e2e`, run by Node 22. `make test` installs both beforehand.
pub(crate) struct Node {
    bin: PathBuf,
    home: PathBuf,
    /// The clients' home directory: they leave settings and caches there.
    scratch: tempfile::TempDir,
}

impl Node {
    pub(crate) fn find() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let home = root.join("tests/e2e");
        assert!(home.join("node_modules").is_dir(), "run `npm ci` in tests/e2e first (`make test` does)");
        let output = command::run(&mut Command::new(root.join("tests/tools/node22.sh")), b"", Duration::from_secs(300));
        assert!(output.status.success(), "node22.sh: {}", String::from_utf8_lossy(&output.stderr));
        Self {
            bin: PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()),
            home,
            scratch: tempfile::tempdir().unwrap(),
        }
    }

    /// Runs a script with `input` as JSON on its standard input; it must end with status 0.
    pub(crate) fn script(&self, name: &str, input: &Value) {
        self.script_within(name, input, PATIENCE);
    }

    /// The same, for a script that may take longer.
    pub(crate) fn script_within(&self, name: &str, input: &Value, patience: Duration) {
        let output = self.run(&[name], input.to_string().as_bytes(), patience);
        let printed = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {}\n{printed}\n{errors}", output.status);
        eprint!("{printed}");
    }

    /// The inspector's command line; status and output are the caller's to judge.
    pub(crate) fn inspector(&self, arguments: &[&str]) -> Output {
        let program = "node_modules/@modelcontextprotocol/inspector";
        let manifest = std::fs::read_to_string(self.home.join(program).join("package.json")).unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        let entry = format!("{program}/{}", manifest["bin"]["mcp-inspector"].as_str().unwrap());
        self.run(&[&[entry.as_str(), "--cli"], arguments].concat(), b"", PATIENCE)
    }

    fn run(&self, arguments: &[&str], input: &[u8], patience: Duration) -> Output {
        let path = std::env::var("PATH").unwrap_or_default();
        let names = self.home.join("loopback-names.cjs");
        let mut node = Command::new(self.bin.join("node"));
        node.current_dir(&self.home)
            .env("PATH", format!("{}:{path}", self.bin.display()))
            .env("HOME", self.scratch.path())
            .env("NODE_OPTIONS", format!("--require={}", names.display()))
            .args(arguments);
        command::run(&mut node, input, patience)
    }
}
