use std::cell::RefCell;
use std::io::{self, Write};

/// What a verb says while it works.
pub trait Talk {
    /// A line of progress, for people.
    fn progress(&mut self, text: &str);

    /// A piece of the content that was asked for, in order.
    ///
    /// # Errors
    /// When nobody takes it any more.
    fn content(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// Nobody listens.
pub struct Unheard;

impl Talk for Unheard {
    fn progress(&mut self, _text: &str) {}

    fn content(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// The pieces in which content travels, in bytes.
const PIECE: usize = 256 << 10;

/// One conversation for content and progress at the same time.
pub(super) struct Shared<'t> {
    talk: RefCell<&'t mut dyn Talk>,
}

impl<'t> Shared<'t> {
    pub(super) fn new(talk: &'t mut dyn Talk) -> Self {
        Self { talk: RefCell::new(talk) }
    }

    pub(super) fn progress(&self, text: &str) {
        self.talk.borrow_mut().progress(text);
    }

    /// Collects what is written into pieces; flush it at the end.
    pub(super) fn content(&self) -> impl Write + '_ {
        io::BufWriter::with_capacity(PIECE, Content(self))
    }
}

struct Content<'s, 't>(&'s Shared<'t>);

impl Write for Content<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.chunks(PIECE) {
            self.0.talk.borrow_mut().content(piece)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
