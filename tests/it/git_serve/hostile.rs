use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::world::{World, git, git_with, history};

const REQUEST: &str = "content-type: application/x-git-upload-pack-request\r\n";
const V2: &str = "content-type: application/x-git-upload-pack-request\r\ngit-protocol: version=2\r\n";

fn line(text: &str) -> String {
    format!("{:04x}{text}", text.len() + 4)
}

fn v2(command: &str, arguments: &[String]) -> String {
    line(&format!("command={command}")) + "0001" + &arguments.iter().map(|text| line(text)).collect::<String>() + "0000"
}

#[test]
fn hostile_requests_get_a_clear_answer() {
    let world = World::new();
    history(&world.served(), 1, 5, 3);
    let tip = git(&world.served(), &["rev-parse", "main"]);
    let tree = git(&world.served(), &["rev-parse", "main^{tree}"]);
    let hidden = git(&world.served(), &["commit-tree", &tree, "-m", "hidden"]);
    let nothing = "1234567890123456789012345678901234567890";
    let want = |id: &str| line(&format!("want {id} multi_ack_detailed side-band-64k ofs-delta\n"));
    let many = |word: &str, count: usize| -> Vec<String> { vec![format!("{word} {nothing}"); count] };

    let cases: Vec<(&str, &str, String, &str)> = vec![
        ("no packets", REQUEST, "hello".into(), "malformed"),
        ("short packet", REQUEST, "00ffwant".into(), "malformed"),
        ("bad length", REQUEST, "0002".into(), "malformed"),
        ("long packet", REQUEST, "fff5".to_owned() + &"x".repeat(65521), "malformed"),
        ("bad id", REQUEST, want("zzzz") + "0000", "not an object id"),
        ("long id", REQUEST, want(&"a".repeat(64)) + "0000", "not an object id"),
        ("option", REQUEST, want("--output=x") + "0000", "not an object id"),
        ("unknown want", REQUEST, want(nothing) + "00000009done\n", "not our ref 1234567890"),
        ("tree", REQUEST, want(&tree) + "00000009done\n", "not our ref"),
        ("unpublished commit", REQUEST, want(&hidden) + "00000009done\n", "not our ref"),
        ("filter", REQUEST, want(&tip) + &line("filter blob:none") + "0000", "unexpected line"),
        ("no end", REQUEST, want(&tip), "does not end"),
        ("bad have", REQUEST, want(&tip) + "0000" + &line("have x\n"), "not an object id"),
        ("bad depth", REQUEST, want(&tip) + &line("deepen -1") + "0000", "invalid depth"),
        ("far future", REQUEST, want(&tip) + &line("deepen-since 9999999999") + "0000", "no commits selected"),
        ("other ref", REQUEST, want(&tip) + &line("deepen-not refs/heads/none") + "0000", "not a ref"),
        ("many wants", REQUEST, many("want", 5000).iter().map(|text| line(text)).collect::<String>() + "0000", "wants"),
        ("v2 no command", V2, line("agent=x") + "00010000", ""),
        ("v2 unknown command", V2, v2("push", &[]), "unknown command: push"),
        ("v2 two commands", V2, line("command=fetch") + &v2("fetch", &[]), "more than one command"),
        ("v2 sha256", V2, line("command=fetch") + &line("object-format=sha256") + "00010000", "object format"),
        ("v2 no end", V2, line("command=fetch") + "0001" + &line(&format!("want {tip}")), "does not end"),
        ("v2 unknown want", V2, v2("fetch", &[format!("want {nothing}"), "done".into()]), "not our ref 1234567890"),
        ("v2 hidden want", V2, v2("fetch", &[format!("want {hidden}"), "done".into()]), "not our ref"),
        ("v2 filter", V2, v2("fetch", &["filter tree:0".into()]), "unexpected line"),
        ("v2 escapes", V2, v2("fetch", &["\u{1b}[31m\n".into()]), "\\x1b"),
        ("v2 many wants", V2, v2("fetch", &many("want", 5000)), "more than 4096 wants"),
        ("v2 many haves", V2, v2("fetch", &many("have", 70_000)), "more than 65536 haves"),
        (
            "v2 many shallows",
            V2,
            v2("fetch", &(0..70_000).map(|n| format!("shallow {n:040x}")).collect::<Vec<_>>()),
            "shallow",
        ),
        ("v2 many prefixes", V2, v2("ls-refs", &many("ref-prefix", 5000)), "prefixes"),
        (
            "v2 both depths",
            V2,
            v2("fetch", &[format!("want {tip}"), "deepen 1".into(), "deepen-since 5".into()]),
            "together",
        ),
    ];
    for (what, headers, body, expected) in cases {
        let (status, answer) = world.raw("POST", "git-upload-pack", headers, body.as_bytes());
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(status, 200, "{what}");
        assert!(answer.contains(expected), "{what}: {answer}");
        assert!(expected.is_empty() || answer.contains("ERR upload-pack: "), "{what}: {answer}");
    }
    world.clone(2, &[], "still-serving");
}

#[test]
fn wrong_bodies_and_encodings_are_refused() {
    let world = World::new();
    history(&world.served(), 1, 5, 3);
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let encoded = format!("{V2}content-encoding: gzip\r\n");
    let listing = v2("ls-refs", &["symrefs".into()]);
    let (status, answer) = world.raw("POST", "git-upload-pack", &encoded, &gzip(listing.as_bytes()));
    assert!(status == 200 && String::from_utf8_lossy(&answer).contains("symref-target:refs/heads/main"));

    let bomb = gzip(&vec![b'0'; 64 << 20]);
    assert_eq!(world.raw("POST", "git-upload-pack", &encoded, &bomb).0, 413);
    assert_eq!(world.raw("POST", "git-upload-pack", V2, &vec![b'0'; 9 << 20]).0, 413);
    assert_eq!(world.raw("POST", "git-upload-pack", &encoded, b"not gzip").0, 400);
    assert_eq!(world.raw("POST", "git-upload-pack", &encoded, &gzip(listing.as_bytes())[..12]).0, 400);
    assert_eq!(world.raw("POST", "git-upload-pack", "content-type: text/plain\r\n", b"0000").0, 415);
    assert_eq!(world.raw("POST", "git-upload-pack", &format!("{V2}content-encoding: br\r\n"), b"0000").0, 415);
    assert_eq!(world.raw("GET", "info/refs", "", b"").0, 403);
    assert_eq!(world.raw("GET", "info/refs?service=git-nothing", "", b"").0, 403);
}

#[test]
fn random_bytes_never_break_the_server() {
    let world = World::new();
    history(&world.served(), 1, 5, 3);
    let tip = git(&world.served(), &["rev-parse", "main"]);
    let bodies = [
        line(&format!("want {tip} side-band-64k\n")) + "0000" + &line(&format!("have {tip}\n")) + "0009done\n",
        v2("fetch", &[format!("want {tip}"), "deepen 2".into(), format!("have {tip}"), "done".into()]),
        v2("ls-refs", &["peel".into(), "ref-prefix refs/".into()]),
    ];
    let mut seed = 20_261_120u64;
    for round in 0..300 {
        let mut body = bodies[round % bodies.len()].clone().into_bytes();
        for _ in 0..=round % 4 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(seed >> 33).unwrap() % body.len();
            body[at] = u8::try_from(seed >> 24 & 0xff).unwrap();
        }
        let headers = if round % 2 == 0 { V2 } else { REQUEST };
        assert_eq!(world.raw("POST", "git-upload-pack", headers, &body).0, 200, "{:?}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn a_client_that_saw_an_older_tip_is_served() {
    let world = World::new();
    history(&world.served(), 1, 5, 3);
    let old = git(&world.served(), &["rev-parse", "main~2"]);
    let (_, answer) = world.raw(
        "POST",
        "git-upload-pack",
        REQUEST,
        (line(&format!("want {old} ofs-delta\n")) + "00000009done\n").as_bytes(),
    );
    let start = answer.windows(4).position(|window| window == b"PACK").expect("a pack");
    // The test server's answer is chunked; what matters is that it is no refusal.
    assert!(start < 40);
    world.git(&["init", "-q", "receiver"]);
    git_with(&world.path("receiver"), &["fetch", "-q", &world.url(), &old], b"");
}
