use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

/// The longest packet, its four digits of length included (gitprotocol-common(5)).
pub(super) const MAX_PACKET: usize = 65_520;

/// What a receiver that hears nothing for this long is sent, so that no proxy gives up on it.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// One packet of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packet<'a> {
    /// A line, without its trailing line feed.
    Line(&'a [u8]),
    Flush,
    Delimiter,
    /// The request is over.
    End,
}

/// The request is no sequence of packets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Splits a request into packets.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(request: &'a [u8]) -> Self {
        Self(request)
    }

    pub(super) fn next(&mut self) -> Result<Packet<'a>, Malformed> {
        if self.0.is_empty() {
            return Ok(Packet::End);
        }
        let (digits, rest) = self.0.split_at_checked(4).ok_or(Malformed)?;
        let length = digits.iter().try_fold(0usize, |length, digit| {
            Some(length << 4 | usize::try_from(char::from(*digit).to_digit(16)?).ok()?)
        });
        let length = length.ok_or(Malformed)?;
        self.0 = rest;
        match length {
            0 => Ok(Packet::Flush),
            1 => Ok(Packet::Delimiter),
            2 | 3 => Err(Malformed),
            _ if length > MAX_PACKET => Err(Malformed),
            _ => {
                let (line, rest) = rest.split_at_checked(length - 4).ok_or(Malformed)?;
                self.0 = rest;
                Ok(Packet::Line(line.strip_suffix(b"\n").unwrap_or(line)))
            }
        }
    }
}

/// Writes `payload` as one packet; callers keep it below the limit.
pub(super) fn write_packet(out: &mut dyn Write, payload: &[u8]) -> io::Result<()> {
    if payload.len() > MAX_PACKET - 4 {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "packet too long"));
    }
    write!(out, "{:04x}", payload.len() + 4)?;
    out.write_all(payload)
}

/// Writes `text` and a line feed as one packet.
pub(super) fn write_line(out: &mut dyn Write, text: &str) -> io::Result<()> {
    write_packet(out, format!("{text}\n").as_bytes())
}

pub(super) fn write_flush(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"0000")
}

pub(super) fn write_delimiter(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"0001")
}

/// The pack's way to the receiver: band 1 of the side band when it asked for one, else bare.
pub(super) struct PackStream<'a> {
    out: &'a mut dyn Write,
    banded: bool,
    progress: bool,
    buffer: Vec<u8>,
    last_write: Instant,
    last_progress: Instant,
    pub(super) sent: u64,
}

impl<'a> PackStream<'a> {
    pub(super) fn new(out: &'a mut dyn Write, banded: bool, progress: bool) -> Self {
        let now = Instant::now();
        let buffer = Vec::with_capacity(MAX_PACKET);
        Self { out, banded, progress: progress && banded, buffer, last_write: now, last_progress: now, sent: 0 }
    }

    fn band(&mut self, number: u8, payload: &[u8]) -> io::Result<()> {
        self.last_write = Instant::now();
        write!(self.out, "{:04x}", payload.len() + 5)?;
        self.out.write_all(&[number])?;
        self.out.write_all(payload)
    }

    fn send_buffer(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let buffer = std::mem::take(&mut self.buffer);
        self.sent += buffer.len() as u64;
        let result = if self.banded { self.band(1, &buffer) } else { self.out.write_all(&buffer) };
        self.buffer = buffer;
        self.buffer.clear();
        result
    }

    /// Shows `text` at the receiver, if it wants progress.
    pub(super) fn note(&mut self, text: &str) -> io::Result<()> {
        if self.progress {
            self.band(2, text.as_bytes())?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Shows how far the work is, now and then, and keeps the connection alive in between.
    pub(super) fn tick(&mut self, text: impl FnOnce() -> String) -> io::Result<()> {
        if self.progress && self.last_progress.elapsed() > PROGRESS_EVERY {
            self.last_progress = Instant::now();
            self.note(&text())?;
        } else if self.banded && self.last_write.elapsed() > KEEP_ALIVE {
            self.band(1, b"")?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Tells a receiver with a side band that no usable pack will come.
    pub(super) fn fail(&mut self, text: &str) -> io::Result<()> {
        self.band(3, text.as_bytes())?;
        self.out.flush()
    }

    /// Ends the stream after a complete pack.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        self.send_buffer()?;
        if self.banded {
            write_flush(self.out)?;
        }
        self.out.flush()?;
        Ok(self.sent)
    }
}

impl Write for PackStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(full) = bytes.get(..MAX_PACKET - 5).filter(|_| self.banded && self.buffer.is_empty()) {
            self.sent += full.len() as u64;
            self.band(1, full)?;
            return Ok(full.len());
        }
        let room = (MAX_PACKET - 5).saturating_sub(self.buffer.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.buffer.extend_from_slice(taken);
        if self.buffer.len() >= MAX_PACKET - 5 {
            self.send_buffer()?;
        }
        Ok(taken.len())
    }

    /// Keeps what does not fill a packet: the pack's writer flushes only at its end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read_and_what_is_none_is_refused() {
        let mut reader = Reader::new(b"0009done\n00010008done0000");
        assert_eq!(reader.next(), Ok(Packet::Line(b"done")));
        assert_eq!(reader.next(), Ok(Packet::Delimiter));
        assert_eq!(reader.next(), Ok(Packet::Line(b"done")));
        assert_eq!(reader.next(), Ok(Packet::Flush));
        assert_eq!(reader.next(), Ok(Packet::End));
        for malformed in [&b"00"[..], b"0003", b"zzzz", b"+004", b"0010short", b"ffff", b"\xff\xff\xff\xff"] {
            assert_eq!(Reader::new(malformed).next(), Err(Malformed), "{malformed:?}");
        }
    }

    #[test]
    fn the_side_band_carries_long_data_in_full_packets() {
        let mut out = Vec::new();
        let mut stream = PackStream::new(&mut out, true, true);
        stream.write_all(&vec![7; 100_000]).unwrap();
        stream.note("half").unwrap();
        assert_eq!(stream.finish().unwrap(), 100_000);
        let mut reader = Reader::new(&out);
        let mut bands = Vec::new();
        while let Ok(Packet::Line(line)) = reader.next() {
            bands.push((line[0], line.len() - 1));
        }
        assert_eq!(bands, [(1, 65_515), (2, 4), (1, 34_485)]);
    }
}
