//! Serving git to the real `git`, over loopback, and importing what it made.

mod hostile;
mod serving;
mod world;
