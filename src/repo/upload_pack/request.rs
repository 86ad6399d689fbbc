use std::collections::HashSet;

use gix::ObjectId;

use super::packet::{Malformed, Packet, Reader};

/// More wants than any client of a wiki has refs to ask for.
pub(super) const MAX_WANTS: usize = 4_096;
/// `git fetch` sends at most 16,384 haves in a request of a stateless connection.
pub(super) const MAX_HAVES: usize = 65_536;
const MAX_PREFIXES: usize = 4_096;

/// The depth by which clients ask for everything (`git fetch --unshallow`).
pub(super) const INFINITE_DEPTH: u32 = 0x7fff_ffff;

/// Where a shallow clone is to end.
#[derive(Default, Debug, PartialEq, Eq)]
pub(super) struct Deepen {
    pub depth: Option<u32>,
    /// `depth` counts from the receiver's present boundary.
    pub relative: bool,
    /// Seconds since the epoch: no commits older than this.
    pub since: Option<i64>,
    /// Names of refs whose commits are left out.
    pub not: Vec<String>,
}

impl Deepen {
    pub(super) fn is_asked(&self) -> bool {
        self.depth.is_some() || self.since.is_some() || !self.not.is_empty()
    }
}

/// How common commits are acknowledged in protocol v0 (gitprotocol-pack(5)).
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) enum MultiAck {
    #[default]
    Single,
    Continue,
    Detailed,
}

/// What a client says while negotiating in protocol v0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Have(ObjectId),
    Flush,
    Done,
}

/// A request for a pack, of either protocol.
#[derive(Default, Debug)]
pub(super) struct Fetch {
    pub wants: Vec<ObjectId>,
    /// v2 only; v0 has `steps`.
    pub haves: Vec<ObjectId>,
    pub done: bool,
    pub shallow: HashSet<ObjectId>,
    pub deepen: Deepen,
    pub ofs_delta: bool,
    pub no_progress: bool,
    pub side_band: bool,
    pub multi_ack: MultiAck,
    pub no_done: bool,
    pub steps: Vec<Step>,
}

/// A request for the list of refs (protocol v2).
#[derive(Default, Debug)]
pub(super) struct LsRefs {
    pub symrefs: bool,
    pub peel: bool,
    pub unborn: bool,
    /// Only refs that begin with one of these; all when empty.
    pub prefixes: Vec<Vec<u8>>,
}

/// A request of protocol v2.
#[derive(Debug)]
pub(super) enum Command {
    LsRefs(LsRefs),
    Fetch(Fetch),
    Nothing,
}

/// Why a request is refused, in the words that the client is told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) String);

impl From<Malformed> for Refused {
    fn from(Malformed: Malformed) -> Self {
        Self("upload-pack: malformed request: not a sequence of packets".to_owned())
    }
}

fn refused<T>(text: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(format!("upload-pack: {}", text.into())))
}

fn parse_id(hex: &[u8]) -> Result<ObjectId, Refused> {
    match ObjectId::from_hex(hex) {
        Ok(id) if id.kind() == gix::hash::Kind::Sha1 => Ok(id),
        _ => refused(format!("not an object id: {}", shown(hex))),
    }
}

/// A piece of a request, cut and escaped so that it can stand in an answer.
fn shown(text: &[u8]) -> String {
    text.get(..60).unwrap_or(text).escape_ascii().to_string()
}

fn parse_number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok().filter(|number| *number > 0)
}

impl Fetch {
    fn want(&mut self, hex: &[u8]) -> Result<(), Refused> {
        if self.wants.len() >= MAX_WANTS {
            return refused(format!("more than {MAX_WANTS} wants"));
        }
        self.wants.push(parse_id(hex)?);
        Ok(())
    }

    /// Takes a line that both protocols know; false when it is none.
    fn shallow_line(&mut self, line: &[u8]) -> Result<bool, Refused> {
        if let Some(hex) = line.strip_prefix(b"shallow ") {
            if self.shallow.len() >= MAX_HAVES {
                return refused(format!("more than {MAX_HAVES} shallow commits"));
            }
            self.shallow.insert(parse_id(hex)?);
        } else if let Some(text) = line.strip_prefix(b"deepen ") {
            match parse_number(text).and_then(|depth| u32::try_from(depth).ok()) {
                Some(depth) => self.deepen.depth = Some(depth),
                None => return refused(format!("invalid depth: {}", shown(text))),
            }
        } else if let Some(text) = line.strip_prefix(b"deepen-since ") {
            match parse_number(text) {
                Some(since) => self.deepen.since = Some(since),
                None => return refused(format!("invalid time: {}", shown(text))),
            }
        } else if let Some(text) = line.strip_prefix(b"deepen-not ") {
            match std::str::from_utf8(text) {
                Ok(name) if self.deepen.not.len() < MAX_WANTS => self.deepen.not.push(name.to_owned()),
                _ => return refused(format!("invalid ref: {}", shown(text))),
            }
        } else if line == b"deepen-relative" {
            self.deepen.relative = true;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn check(self) -> Result<Self, Refused> {
        if self.deepen.depth.is_some() && (self.deepen.since.is_some() || !self.deepen.not.is_empty()) {
            return refused("deepen and deepen-since (or deepen-not) cannot be used together");
        }
        Ok(self)
    }

    fn capability(&mut self, name: &[u8]) {
        match name {
            b"multi_ack" if self.multi_ack == MultiAck::Single => self.multi_ack = MultiAck::Continue,
            b"multi_ack_detailed" => self.multi_ack = MultiAck::Detailed,
            b"no-done" => self.no_done = true,
            b"side-band-64k" => self.side_band = true,
            b"ofs-delta" => self.ofs_delta = true,
            b"no-progress" => self.no_progress = true,
            b"deepen-relative" => self.deepen.relative = true,
            _ => {}
        }
    }
}

/// Parses a request of protocol v0; `None` when it asks for nothing.
pub(super) fn parse_v0(body: &[u8]) -> Result<Option<Fetch>, Refused> {
    let mut reader = Reader::new(body);
    let mut fetch = Fetch::default();
    loop {
        match reader.next()? {
            Packet::Line(line) => {
                if let Some(rest) = line.strip_prefix(b"want ") {
                    let mut words = rest.split(|byte| *byte == b' ');
                    fetch.want(words.next().unwrap_or_default())?;
                    if fetch.wants.len() == 1 {
                        words.for_each(|word| fetch.capability(word));
                    }
                } else if !fetch.shallow_line(line)? {
                    return refused(format!("unexpected line: {}", shown(line)));
                }
            }
            Packet::Flush => break,
            Packet::End if fetch.wants.is_empty() => return Ok(None),
            Packet::End | Packet::Delimiter => return refused("the list of wants does not end"),
        }
    }
    let mut haves = 0usize;
    loop {
        let step = match reader.next()? {
            Packet::Line(b"done") => Step::Done,
            Packet::Line(line) => match line.strip_prefix(b"have ") {
                Some(hex) => Step::Have(parse_id(hex)?),
                None => return refused(format!("unexpected line: {}", shown(line))),
            },
            Packet::Flush => Step::Flush,
            Packet::Delimiter => return refused("unexpected delimiter"),
            Packet::End => break,
        };
        haves += 1;
        if haves > MAX_HAVES {
            return refused(format!("more than {MAX_HAVES} haves"));
        }
        fetch.steps.push(step);
        if step == Step::Done {
            break;
        }
    }
    if fetch.wants.is_empty() { Ok(None) } else { fetch.check().map(Some) }
}

/// Parses a request of protocol v2 (gitprotocol-v2(5)).
pub(super) fn parse_v2(body: &[u8]) -> Result<Command, Refused> {
    let mut reader = Reader::new(body);
    let mut name: Option<&[u8]> = None;
    let arguments = loop {
        match reader.next()? {
            Packet::Line(line) => {
                if let Some(command) = line.strip_prefix(b"command=") {
                    if name.replace(command).is_some() {
                        return refused("more than one command");
                    }
                } else if let Some(format) = line.strip_prefix(b"object-format=") {
                    if format != b"sha1" {
                        return refused(format!("unsupported object format: {}", shown(format)));
                    }
                } else if !line.starts_with(b"agent=") && !line.starts_with(b"session-id=") {
                    return refused(format!("unknown capability: {}", shown(line)));
                }
            }
            Packet::Delimiter => break true,
            Packet::Flush => break false,
            Packet::End => {
                return if name.is_none() { Ok(Command::Nothing) } else { refused("the request does not end") };
            }
        }
    };
    let mut argument = || match reader.next() {
        _ if !arguments => Ok(None),
        Ok(Packet::Line(line)) => Ok(Some(line)),
        Ok(Packet::Flush) => Ok(None),
        Ok(Packet::End | Packet::Delimiter) => refused("the request does not end"),
        Err(malformed) => Err(Refused::from(malformed)),
    };
    match name {
        None => Ok(Command::Nothing),
        Some(b"ls-refs") => ls_refs(&mut argument).map(Command::LsRefs),
        Some(b"fetch") => fetch(&mut argument).map(Command::Fetch),
        Some(other) => refused(format!("unknown command: {}", shown(other))),
    }
}

type Arguments<'m, 'a> = &'m mut dyn FnMut() -> Result<Option<&'a [u8]>, Refused>;

fn ls_refs(arguments: Arguments<'_, '_>) -> Result<LsRefs, Refused> {
    let mut request = LsRefs::default();
    while let Some(line) = arguments()? {
        match line {
            b"symrefs" => request.symrefs = true,
            b"peel" => request.peel = true,
            b"unborn" => request.unborn = true,
            _ => match line.strip_prefix(b"ref-prefix ") {
                Some(_) if request.prefixes.len() >= MAX_PREFIXES => {
                    return refused(format!("more than {MAX_PREFIXES} ref prefixes"));
                }
                Some(prefix) => request.prefixes.push(prefix.to_vec()),
                None => return refused(format!("unexpected line: {}", shown(line))),
            },
        }
    }
    Ok(request)
}

fn fetch(arguments: Arguments<'_, '_>) -> Result<Fetch, Refused> {
    let mut request = Fetch { side_band: true, ..Fetch::default() };
    while let Some(line) = arguments()? {
        if let Some(hex) = line.strip_prefix(b"want ") {
            request.want(hex)?;
        } else if let Some(hex) = line.strip_prefix(b"have ") {
            if request.haves.len() >= MAX_HAVES {
                return refused(format!("more than {MAX_HAVES} haves"));
            }
            request.haves.push(parse_id(hex)?);
        } else {
            match line {
                b"done" => request.done = true,
                b"no-progress" => request.no_progress = true,
                b"ofs-delta" => request.ofs_delta = true,
                // Permissions that we make no use of.
                b"thin-pack" | b"include-tag" => {}
                _ if request.shallow_line(line)? => {}
                _ => return refused(format!("unexpected line: {}", shown(line))),
            }
        }
    }
    request.check()
}
