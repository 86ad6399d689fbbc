use std::io::{self, Write};

use gix::ObjectId;

use super::{
    Error, Protocol, Stop,
    negotiate::{Common, acknowledge_v0, acknowledge_v2},
    packet::{PackStream, write_delimiter, write_flush, write_line, write_packet},
    refs::{Refs, advertise_v0, advertise_v2, list, peel, tags_to_commit},
    request::{Command, Fetch, Refused, parse_v0, parse_v2},
    shallow::{Boundary, boundary},
};
use crate::repo::pack::{Closed, Options, Packs, Range, collect, reaches_all, select, write_pack};

/// The cause is the server's business; the client only needs to know that it gets nothing whole.
const UNREADABLE: &str = "upload-pack: the repository could not be read";

/// What a request came to, for the log.
#[derive(Debug)]
pub enum Answer {
    /// A list of refs or a round of negotiation.
    Talk,
    /// A pack of this many objects and bytes.
    Pack { objects: usize, bytes: u64 },
    /// The client was told this.
    Refused(String),
    /// The repository is damaged; the client was told that much.
    Failed(Error),
}

/// Writes the answer to `GET info/refs?service=git-upload-pack`.
///
/// # Errors
/// When refs cannot be read or `out` cannot be written.
pub fn advertise(repo: &gix::Repository, protocol: Protocol, out: &mut dyn Write) -> Result<(), Error> {
    match protocol {
        Protocol::V0 => {
            write_line(out, "# service=git-upload-pack")?;
            write_flush(out)?;
            advertise_v0(&Refs::read(repo)?, out)?;
        }
        Protocol::V2 => advertise_v2(out)?,
    }
    Ok(())
}

/// Writes the answer to `POST git-upload-pack` with this body, already decompressed.
///
/// `alive` is asked now and then; when it says no, the work ends. `out` gets small writes: the caller buffers.
///
/// # Errors
/// When `out` fails, or the repository is damaged and the protocol leaves no way to say so: break the connection off.
pub fn serve(
    repo: &gix::Repository,
    protocol: Protocol,
    body: &[u8],
    out: &mut dyn Write,
    alive: &dyn Fn() -> bool,
) -> Result<Answer, Error> {
    let mut repo = repo.clone();
    repo.objects.ignore_replacements = true;
    let answer = match protocol {
        Protocol::V0 => answer_v0(&repo, body, out, alive),
        Protocol::V2 => answer_v2(&repo, body, out, alive),
    };
    match answer {
        Ok(answer) => Ok(answer),
        Err(Stop::Refused(Refused(text))) => {
            write_packet(out, format!("ERR {text}\n").as_bytes())?;
            out.flush()?;
            Ok(Answer::Refused(text))
        }
        Err(Stop::Failed(Error::Io(error))) => Err(error.into()),
        Err(Stop::Failed(error)) => {
            write_packet(out, format!("ERR {UNREADABLE}\n").as_bytes())?;
            out.flush()?;
            Ok(Answer::Failed(error))
        }
        Err(Stop::Broken(error)) => Err(error),
    }
}

fn answer_v0(
    repo: &gix::Repository,
    body: &[u8],
    out: &mut dyn Write,
    alive: &dyn Fn() -> bool,
) -> Result<Answer, Stop> {
    let Some(fetch) = parse_v0(body)? else { return Ok(Answer::Talk) };
    let refs = Refs::read(repo)?;
    let wants = commits_wanted(repo, &refs, &fetch)?;
    let boundary = boundary(repo, &refs, &fetch, &wants)?;
    if fetch.deepen.is_asked() {
        boundary.write(out)?;
        write_flush(out)?;
    }
    let mut common = Common::new(repo, &wants);
    if !acknowledge_v0(&fetch, &mut common, out)? {
        return Ok(Answer::Talk);
    }
    let haves = common.commits;
    send_pack(repo, &fetch, Sending { wants, haves, boundary }, out, alive)
}

fn answer_v2(
    repo: &gix::Repository,
    body: &[u8],
    out: &mut dyn Write,
    alive: &dyn Fn() -> bool,
) -> Result<Answer, Stop> {
    let fetch = match parse_v2(body)? {
        Command::Nothing => return Ok(Answer::Talk),
        Command::LsRefs(request) => {
            list(&Refs::read(repo)?, &request, out)?;
            return Ok(Answer::Talk);
        }
        Command::Fetch(fetch) => fetch,
    };
    if fetch.wants.is_empty() {
        write_flush(out)?;
        return Ok(Answer::Talk);
    }
    let refs = Refs::read(repo)?;
    let wants = commits_wanted(repo, &refs, &fetch)?;
    let boundary = boundary(repo, &refs, &fetch, &wants)?;
    let mut common = Common::new(repo, &wants);
    if fetch.done || fetch.haves.is_empty() {
        for id in &fetch.haves {
            common.add(*id);
        }
    } else if acknowledge_v2(&fetch, &mut common, out)? {
        write_delimiter(out)?;
    } else {
        write_flush(out)?;
        return Ok(Answer::Talk);
    }
    if fetch.deepen.is_asked() || !fetch.shallow.is_empty() {
        write_line(out, "shallow-info")?;
        boundary.write(out)?;
        write_delimiter(out)?;
    }
    write_line(out, "packfile")?;
    let haves = common.commits;
    send_pack(repo, &fetch, Sending { wants, haves, boundary }, out, alive)
}

/// The commits behind the wants, which must be published: tips, or what tips reach, because a
/// ref may have moved since the client saw it.
fn commits_wanted(repo: &gix::Repository, refs: &Refs, fetch: &Fetch) -> Result<Vec<ObjectId>, Stop> {
    let not_ours = |id: &ObjectId| Stop::from(Refused(format!("upload-pack: not our ref {id}")));
    let mut commits = Vec::new();
    let mut other = Vec::new();
    for want in &fetch.wants {
        let tip = refs.list.iter().find(|reference| reference.id == *want || reference.commit() == *want);
        match tip {
            Some(tip) => commits.push(tip.commit()),
            None if peel(repo, *want) == Some(*want) => other.push(*want),
            None => return Err(not_ours(want)),
        }
    }
    if let Some(first) = other.first() {
        let tips: Vec<ObjectId> = refs.list.iter().map(super::refs::Ref::commit).collect();
        if !reaches_all(repo, &tips, &other)? {
            return Err(not_ours(first));
        }
    }
    commits.extend(other);
    commits.sort_unstable();
    commits.dedup();
    Ok(commits)
}

struct Sending {
    wants: Vec<ObjectId>,
    haves: Vec<ObjectId>,
    boundary: Boundary,
}

fn send_pack(
    repo: &gix::Repository,
    fetch: &Fetch,
    sending: Sending,
    out: &mut dyn Write,
    alive: &dyn Fn() -> bool,
) -> Result<Answer, Stop> {
    let mut stream = PackStream::new(out, fetch.side_band, !fetch.no_progress);
    match write_objects(repo, fetch, sending, &mut stream, alive) {
        Ok(objects) => {
            let bytes = stream.finish()?;
            Ok(Answer::Pack { objects, bytes })
        }
        Err(Error::Io(error)) => Err(Stop::Broken(error.into())),
        Err(error) if fetch.side_band => {
            stream.fail(UNREADABLE)?;
            Ok(Answer::Failed(error))
        }
        Err(error) => Err(Stop::Broken(error)),
    }
}

fn write_objects(
    repo: &gix::Repository,
    fetch: &Fetch,
    sending: Sending,
    stream: &mut PackStream<'_>,
    alive: &dyn Fn() -> bool,
) -> Result<usize, Error> {
    let check = || if alive() { Ok(()) } else { Err(io::Error::from(io::ErrorKind::BrokenPipe)) };
    let Sending { mut wants, mut haves, boundary } = sending;
    let clone = haves.is_empty() && boundary.cut.is_empty() && fetch.shallow.is_empty();
    let mut closed = if clone { Closed::find(repo) } else { None };
    if let Some(closed) = &closed {
        haves.push(closed.tip);
    }
    // The parents of what is no longer a boundary are wanted, whichever ref leads to them.
    wants.extend(&boundary.unshallow);
    haves.extend(&boundary.unshallow);
    let held_cut = fetch.shallow.clone();
    let mut range = Range { wants, haves, cut: boundary.cut, held_cut };
    let mut selection = select(repo, &range, &mut |_| check())?;
    if closed.as_ref().is_some_and(|closed| !selection.met.contains(&closed.tip)) {
        closed = None;
        range.haves.clear();
        selection = select(repo, &range, &mut |_| check())?;
    }
    let held = |id: &ObjectId| closed.as_ref().is_some_and(|closed| closed.contains(id));
    let mut plan = collect(repo, &selection.commits, &held, &mut |count| {
        check()?;
        stream.tick(|| format!("Counting objects: {count}\r"))
    })?;
    for want in &fetch.wants {
        for tag in tags_to_commit(repo, *want) {
            if !plan.objects.contains(&tag) {
                plan.objects.push(tag);
            }
        }
    }
    let total = plan.objects.len() + closed.as_ref().map_or(0, Closed::object_count) as usize;
    stream.note(&format!("Counting objects: {total}, done.\n"))?;
    let options =
        Options { ofs_delta: fetch.ofs_delta, closed: closed.as_ref(), compression: flate2::Compression::default() };
    let packs = Packs::open(repo)?;
    write_pack(repo, &packs, &plan, &options, stream, &mut |_| {}, &mut |_| check())?;
    Ok(total)
}
