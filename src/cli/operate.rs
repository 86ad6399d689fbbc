use std::io::{self, Write};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{CliError, print};
use crate::admin::{self, Answer, Message, Reader, Request, Talk, write_message};
use crate::app::{App, AppError};
use crate::auth::Operator;
use crate::config::Config;

/// Has a verb done: by the server if one runs on the data directory, else here.
pub(super) fn ask(config: Config, request: Request) -> Result<Answer, CliError> {
    ask_for(config, request, &mut Terminal { content: None })
}

/// As [`ask`], for a verb that answers with content, which goes to `out`.
pub(super) fn ask_for_content(config: Config, request: Request, out: &mut dyn Write) -> Result<Answer, CliError> {
    ask_for(config, request, &mut Terminal { content: Some(out) })
}

/// Who typed the verb.
struct Terminal<'o> {
    content: Option<&'o mut dyn Write>,
}

impl Talk for Terminal<'_> {
    fn progress(&mut self, text: &str) {
        print::progress(text);
    }

    fn content(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.content.as_mut().map_or(Ok(()), |out| out.write_all(bytes))
    }
}

fn ask_for(config: Config, request: Request, terminal: &mut Terminal<'_>) -> Result<Answer, CliError> {
    let failed = |error: io::Error| CliError::Failed(format!("the server went away: {error}"));
    if let Some(stream) = connect(&config.server.data_dir)? {
        return ask_server(stream, &request, terminal).map_err(failed)?;
    }
    become_owner_of(&config.server.data_dir)?;
    match App::open(config) {
        Ok(app) => {
            let answer = admin::run(&app.parts(), Operator::on_this_machine(), request.to_its_end(), terminal);
            app.shutdown();
            answer.map_err(|failure| CliError::Failed(failure.text))
        }
        Err(error @ AppError::InUse(_)) => {
            Err(CliError::Failed(format!("{error} (it does not answer on its control socket)")))
        }
        Err(error) => Err(CliError::Failed(error.to_string())),
    }
}

fn ask_server(
    stream: UnixStream,
    request: &Request,
    terminal: &mut Terminal<'_>,
) -> io::Result<Result<Answer, CliError>> {
    let mut out = stream.try_clone()?;
    write_message(&mut out, request)?;
    let mut messages = Reader::new(stream);
    loop {
        match messages.receive::<Message>()? {
            Some(Message::Progress(text)) => terminal.progress(&text),
            Some(Message::Content(text)) => {
                let bytes = STANDARD.decode(text).map_err(io::Error::other)?;
                if let Err(error) = terminal.content(&bytes) {
                    return Ok(Err(CliError::Failed(format!("cannot write: {error}"))));
                }
            }
            Some(Message::Answer(answer)) => return Ok(Ok(*answer)),
            Some(Message::Failure(failure)) => return Ok(Err(CliError::Failed(failure.text))),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// The control socket of the server that runs on the data directory, if one does.
fn connect(data_dir: &Path) -> Result<Option<UnixStream>, CliError> {
    // As in the server: the path through the directory's descriptor is always short enough.
    let Ok(dir) = std::fs::File::open(data_dir) else { return Ok(None) };
    match UnixStream::connect(format!("/proc/self/fd/{}/control.sock", dir.as_raw_fd())) {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(CliError::Failed(
            "a server runs on this data directory, and only its user and root may ask it; try sudo".to_owned(),
        )),
        Err(error) => Err(CliError::Failed(format!("control socket: {error}"))),
    }
}

/// Root gives up its rights for those of the data directory's owner, so that no file
/// in it ends up belonging to root and out of the server's reach.
fn become_owner_of(data_dir: &Path) -> Result<(), CliError> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    let Ok(metadata) = std::fs::metadata(data_dir) else { return Ok(()) };
    if metadata.uid() == 0 {
        return Ok(());
    }
    let (user, group) = (nix::unistd::Uid::from_raw(metadata.uid()), nix::unistd::Gid::from_raw(metadata.gid()));
    nix::unistd::setgroups(&[group])
        .and_then(|()| nix::unistd::setgid(group))
        .and_then(|()| nix::unistd::setuid(user))
        .map_err(|errno| CliError::Failed(format!("cannot act as the owner of {}: {errno}", data_dir.display())))
}
