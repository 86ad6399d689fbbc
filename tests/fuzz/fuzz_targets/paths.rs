#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| robotwiki_fuzz::paths(text));
