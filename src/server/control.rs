use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as UnixStreamStd;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::ServerError;
use crate::admin::{self, Failure, Message, Parts, Reader, Request, Talk, write_message};
use crate::auth::Operator;

/// The control socket of a data directory: whoever may connect is the operator.
#[must_use]
pub fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

/// Listens for the command line. File permissions (mode 0600) and the caller's user id
/// decide who may ask: the server's own user, and root.
pub(super) fn start(
    data_dir: &Path,
    parts: Parts,
    mut stopping: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, ServerError> {
    let path = socket_path(data_dir);
    let failed = |cause| ServerError::File { path: path.clone(), cause };
    match std::fs::remove_file(&path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(failed(cause)),
        // A socket without a server: the last one was killed.
        _ => {}
    }
    // The kernel limits a socket's path to 107 bytes; the directory's own name avoids it.
    let dir = std::fs::File::open(data_dir).map_err(failed)?;
    let short = format!("/proc/self/fd/{}/control.sock", std::os::fd::AsRawFd::as_raw_fd(&dir));
    let listener = UnixListener::bind(short).map_err(failed)?;
    drop(dir);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) if is_operator(&stream) => {
                    let parts = parts.clone();
                    tokio::task::spawn_blocking(move || {
                        if let Err(error) = answer(&parts, stream) {
                            tracing::debug!(%error, "the command line went away");
                        }
                    });
                }
                Ok(_) => tracing::warn!("another user was refused on the control socket"),
                Err(error) => tracing::warn!(%error, "the control socket could not accept"),
            }
        }
    }))
}

fn is_operator(stream: &UnixStream) -> bool {
    let own = nix::unistd::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

fn answer(parts: &Parts, stream: UnixStream) -> std::io::Result<()> {
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    let mut out = stream.try_clone()?;
    let mut requests = Reader::new(stream);
    let Some(request) = requests.receive::<Request>()? else { return Ok(()) };
    let mut talk = Line { out: &mut out, gone: false };
    let result = admin::run(parts, Operator::on_this_machine(), request, &mut talk);
    let message = match result {
        Ok(answer) => Message::Answer(Box::new(answer)),
        Err(Failure { text }) => Message::Failure(Failure { text }),
    };
    write_message(&mut out, &message)
}

/// The connection to the command line.
struct Line<'o> {
    out: &'o mut UnixStreamStd,
    gone: bool,
}

impl Talk for Line<'_> {
    fn progress(&mut self, text: &str) {
        self.gone = self.gone || write_message(self.out, &Message::Progress(text.to_owned())).is_err();
    }

    fn content(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        write_message(self.out, &Message::Content(STANDARD.encode(bytes)))
    }
}
