//! The dependency direction of `ARCHITECTURE.md`, read from the sources themselves: tests,
//! comments and strings are not looked at.

mod source;

use std::path::Path;

use source::{Token, tokens, without_tests};

/// Lowest first; a module may use modules of lower rows, and itself. The table in
/// `ARCHITECTURE.md` has the same numbers. Some modules are still to be written.
const LAYERS: [&[&str]; 14] = [
    &["model"],
    &["config", "clock"],
    &["telemetry"],
    &["markdown"],
    &["repo", "store", "embed", "net"],
    &["catalog", "search", "jobs"],
    &["auth"],
    &["wiki"],
    &["admin"],
    &["http"],
    &["server"],
    &["app"],
    &["cli"],
    &["lib", "main"],
];
/// The highest module that knows neither HTTP nor the terminal.
const HIGHEST_WITHOUT_SURFACE: &str = "admin";
const SURFACE_CRATES: [&str; 8] = ["askama", "axum", "clap", "http", "hyper", "rmcp", "tower", "tower_http"];
/// Where standard output belongs to the program.
const PRINTING: [&str; 2] = ["cli", "main"];
/// Talks to cargo on its standard output.
const BUILD_SCRIPT: &str = "src/embed/build.rs";
/// The only files with `unsafe` code: the embedding kernels, and an entry in a table of C functions.
const UNSAFE_FILES: [&str; 11] = [
    "src/embed/kernels/attention.rs",
    "src/embed/kernels/avx2.rs",
    "src/embed/kernels/avx512.rs",
    "src/embed/kernels/matrix.rs",
    "src/embed/kernels/mod.rs",
    "src/embed/kernels/rows.rs",
    "src/embed/kernels/scalar.rs",
    "src/embed/kernels/similarity.rs",
    "src/embed/kernels/simd.rs",
    "src/embed/kernels/sse2.rs",
    "src/embed/onnx_api.rs",
];

#[test]
fn every_module_uses_only_modules_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    assert!(files.len() > 20, "only {} source files found below {}", files.len(), root.display());
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root).unwrap().to_str().unwrap();
        found.extend(violations(name, &text));
    }
    assert!(found.is_empty(), "{} forbidden by the architecture:\n  {}\n", found.len(), found.join("\n  "));
}

#[test]
fn the_document_shows_the_same_layers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut existing: Vec<String> = std::fs::read_dir(root.join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    existing.sort();
    let mut documented = Vec::new();
    for row in std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap().lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let Some(number) = cells.get(1).and_then(|cell| cell.parse::<usize>().ok()) else { continue };
        for name in cells[2].split(", ") {
            let name = name.trim_matches('`').trim_end_matches('/').trim_end_matches(".rs");
            assert_eq!(layer(name), Some(number), "{row}");
            documented.push(name.to_owned());
        }
    }
    documented.sort();
    assert_eq!(documented, existing);
}

fn collect(dir: &Path, files: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// What one file, named from the package's root, does against the rules.
fn violations(file: &str, text: &str) -> Vec<String> {
    let parts: Vec<&str> = file.trim_start_matches("src/").trim_end_matches(".rs").split('/').collect();
    if parts.iter().any(|part| *part == "tests" || part.ends_with("_tests")) {
        return Vec::new();
    }
    let Some(layer) = layer(parts[0]) else {
        return vec![format!("{file}: module `{}` has no layer in tests/it/architecture.rs", parts[0])];
    };
    let depth = parts.len() - usize::from(matches!(parts[parts.len() - 1], "mod" | "lib" | "main"));
    let tokens = without_tests(&tokens(text));
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map_or("", |token| token.text);
        let mut report = |problem: String| found.push(format!("{file}:{}: {problem}", token.line));
        for used in modules_named(&tokens, at, depth) {
            match self::layer(used) {
                Some(other) if other >= layer && used != parts[0] => report(format!(
                    "`{}` (layer {layer}) must not use `{used}` (layer {other}), only lower layers",
                    parts[0]
                )),
                _ => {}
            }
        }
        let starts_path = next == "::" && at.checked_sub(1).is_none_or(|before| tokens[before].text != "::");
        if starts_path && SURFACE_CRATES.contains(&token.text) && Some(layer) <= self::layer(HIGHEST_WITHOUT_SURFACE) {
            report(format!("`{}` (layer {layer}) must not know the crate `{}`", parts[0], token.text));
        }
        if token.text == "unsafe" && !UNSAFE_FILES.contains(&file) {
            report("`unsafe` is for the embedding kernels alone".to_owned());
        }
        if next == "!"
            && matches!(token.text, "print" | "println")
            && !PRINTING.contains(&parts[0])
            && file != BUILD_SCRIPT
        {
            report(format!("`{}!`: only `cli` writes to standard output", token.text));
        }
    }
    found
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// The modules at the crate's root that a path starting at this token names: one for
/// `crate::a::B`, two for `crate::{a, b::C}`; also through `super` from a file `depth`
/// modules below the root.
fn modules_named<'t>(tokens: &[Token<'t>], at: usize, depth: usize) -> Vec<&'t str> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let continues = at > 0 && text(at - 1) == "::";
    let mut at = at;
    match text(at) {
        "crate" if text(at + 1) == "::" => at += 2,
        "super" if !continues => {
            let mut climbed = 0;
            while text(at) == "super" && text(at + 1) == "::" {
                climbed += 1;
                at += 2;
            }
            if climbed != depth {
                return Vec::new();
            }
        }
        _ => return Vec::new(),
    }
    if text(at) != "{" {
        return vec![text(at)];
    }
    let (mut named, mut open) = (Vec::new(), 0_usize);
    for (before, token) in tokens[at..].iter().zip(&tokens[at + 1..]) {
        open = match before.text {
            "{" => open + 1,
            "}" => open - 1,
            _ => open,
        };
        if open == 0 {
            break;
        }
        if open == 1 && matches!(before.text, "{" | ",") {
            named.push(token.text);
        }
    }
    named
}

#[test]
fn forbidden_edges_are_found_where_they_are() {
    let cases = [
        (
            "src/markdown/mod.rs",
            "\nuse crate::wiki::Page;",
            "src/markdown/mod.rs:2: `markdown` (layer 3) must not use `wiki` (layer 7)",
        ),
        (
            "src/repo/a.rs",
            "use crate::{model::Slug, store::{A, http}};",
            "`repo` (layer 4) must not use `store` (layer 4)",
        ),
        ("src/clock.rs", "use super::config::C;", "`clock` (layer 1) must not use `config` (layer 1)"),
        ("src/repo/a.rs", "fn f() { super::super::cli::go() }", "must not use `cli`"),
        ("src/auth/mod.rs", "fn f(_: crate::http::web::View<'_>) {}", "must not use `http`"),
        ("src/wiki/mod.rs", "use axum::Router;", "must not know the crate `axum`"),
        ("src/config.rs", "#[derive(clap::Parser)]\nstruct A;", "must not know the crate `clap`"),
        ("src/http/mod.rs", "let a = \"\\\"\"; let c = '\"'; println!(\"x\");", "`println!`: only `cli`"),
        ("src/cli/mod.rs", "/* unsafe */ fn f<'a>() { unsafe { g() } }", "`unsafe` is for"),
        ("src/utils.rs", "", "module `utils` has no layer"),
        (
            "src/model/a.rs",
            "#[cfg(test)]\nmod tests { use crate::wiki::A; }\nuse crate::auth::B;",
            "src/model/a.rs:3: ",
        ),
    ];
    for (file, text, expected) in cases {
        let found = violations(file, text);
        assert!(found.len() == 1 && found[0].contains(expected), "{file}: {text}\n{found:?}");
    }
}

#[test]
fn allowed_code_is_left_alone() {
    let cases = [
        ("src/wiki/read.rs", "use crate::{repo, search::Hit};\nuse super::open::Wiki;\nuse crate::wiki::A;"),
        ("src/model/a.rs", "// crate::wiki\n/* a /* crate::cli */ b */ const A: &str = r#\"crate::wiki \" unsafe\"#;"),
        ("src/model/a.rs", "#[cfg(test)]\nuse crate::{wiki, http};\n#[cfg(test)]\n#[path = \"t.rs\"]\nmod t;"),
        ("src/markdown/a.rs", "fn f() { options.r#unsafe = true; }"),
        ("src/model/a_tests.rs", "use crate::wiki::A;"),
        ("src/search/a.rs", "mod a { pub(crate) fn f() { super::super::query::run() } }"),
        ("src/http/api.rs", "use axum::Router; use crate::wiki; fn f() { eprintln!(\"x\") }"),
        ("src/cli/mod.rs", "use crate::app::App; fn f() { println!(\"x\") }"),
        ("src/main.rs", "use robotwiki::cli; fn main() { cli::run() }"),
    ];
    for (file, text) in cases {
        assert_eq!(violations(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}
