//! What tells one language from another, as far as colours go.

/// A language, or a family of dialects whose words are coloured alike.
pub(in crate::markdown) struct Language {
    /// What authors call it, in small letters, separated by blanks.
    pub(super) names: &'static str,
    pub(super) kind: Kind,
    /// Starts of comments that end with the line.
    pub(super) line_comments: &'static [&'static str],
    pub(super) block_comments: &'static [(&'static str, &'static str)],
    /// Whether block comments contain others.
    pub(super) nested: bool,
    pub(super) strings: &'static [Quote],
    /// Separated by blanks; in small letters when case does not matter.
    pub(super) keywords: &'static str,
    pub(super) any_case: bool,
    pub(super) traits: Traits,
}

/// How the language is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Words,
    /// Tags and attributes.
    Markup,
    /// Each line is of one kind.
    Lines,
}

/// A text between two signs.
#[derive(Clone, Copy)]
pub(super) struct Quote {
    pub(super) open: &'static str,
    pub(super) close: &'static str,
    /// Whether a backslash takes the meaning from the sign after it.
    pub(super) escapes: bool,
    /// Whether it may go over several lines.
    pub(super) lines: bool,
}

/// What else counts, a bit each.
#[derive(Clone, Copy)]
pub(super) struct Traits(u16);

impl Traits {
    pub(super) const NONE: Self = Self(0);
    /// `'` holds one character, or is no quote.
    pub(super) const CHARACTERS: Self = Self(1);
    /// `r#"..."#`, and `#[...]`.
    pub(super) const RUST: Self = Self(1 << 1);
    /// `/.../` where a value is expected.
    pub(super) const PATTERNS: Self = Self(1 << 2);
    /// A text before a colon is a key.
    pub(super) const KEYS: Self = Self(1 << 3);
    /// `key: value`, one a line.
    pub(super) const COLON_LINES: Self = Self(1 << 4);
    /// `key = value`, one a line, and `[section]`.
    pub(super) const EQUALS_LINES: Self = Self(1 << 5);
    /// `$name` and `${...}`.
    pub(super) const DOLLARS: Self = Self(1 << 6);
    /// `@name`.
    pub(super) const AT: Self = Self(1 << 7);
    /// A word at the start of a line after `#`.
    pub(super) const DIRECTIVES: Self = Self(1 << 8);
    /// Words have hyphens, one before a colon is a key, and `#...` is a number.
    pub(super) const STYLES: Self = Self(1 << 9);
    /// `\word`.
    pub(super) const BACKSLASH: Self = Self(1 << 10);
    /// A word that starts large is a type.
    pub(super) const TYPES: Self = Self(1 << 11);
    /// Keywords count at the start of a line only.
    pub(super) const FIRST_WORD: Self = Self(1 << 12);
    /// Words have hyphens.
    pub(super) const HYPHENS: Self = Self(1 << 13);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

const fn quote(open: &'static str, close: &'static str, escapes: bool, lines: bool) -> Quote {
    Quote { open, close, escapes, lines }
}

const DOUBLE: Quote = quote("\"", "\"", true, false);
const DOUBLE_LINES: Quote = quote("\"", "\"", true, true);
const SINGLE: Quote = quote("'", "'", true, false);
const SINGLE_RAW: Quote = quote("'", "'", false, true);
const BACKTICK: Quote = quote("`", "`", true, true);
const TRIPLE: Quote = quote("\"\"\"", "\"\"\"", true, true);
const TRIPLE_SINGLE: Quote = quote("'''", "'''", true, true);
const SQL_TEXT: Quote = quote("'", "'", false, true);

const C_COMMENTS: &[(&str, &str)] = &[("/*", "*/")];
const T: Traits = Traits::TYPES;

const fn words(
    names: &'static str,
    line_comments: &'static [&'static str],
    block_comments: &'static [(&'static str, &'static str)],
    strings: &'static [Quote],
    traits: Traits,
    keywords: &'static str,
) -> Language {
    let (kind, nested, any_case) = (Kind::Words, false, false);
    Language { names, kind, line_comments, block_comments, nested, strings, keywords, any_case, traits }
}

const fn c_like(names: &'static str, traits: Traits, strings: &'static [Quote], keywords: &'static str) -> Language {
    words(names, &["//"], C_COMMENTS, strings, traits, keywords)
}

const fn hash(names: &'static str, traits: Traits, strings: &'static [Quote], keywords: &'static str) -> Language {
    words(names, &["#"], &[], strings, traits, keywords)
}

const fn of_kind(names: &'static str, kind: Kind) -> Language {
    Language { kind, ..words(names, &[], &[], &[], Traits::NONE, "") }
}

const CHARS: Traits = Traits::CHARACTERS.and(T);

const LANGUAGES: &[Language] = &[
    Language {
        nested: true,
        ..c_like(
            "rust rs",
            CHARS.and(Traits::RUST),
            &[DOUBLE_LINES],
            "as async await become box break const continue crate dyn else enum extern false fn for gen if impl in let loop macro \
             match mod move mut pub ref return self Self static struct super trait true try type union unsafe use where while \
             bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize",
        )
    },
    c_like(
        "go golang",
        CHARS,
        &[DOUBLE, BACKTICK],
        "break case chan const continue default defer else fallthrough for func go goto if import interface map package range \
         return select struct switch type var true false nil iota any bool byte complex64 complex128 error float32 float64 int \
         int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr",
    ),
    c_like(
        "c h",
        CHARS.and(Traits::DIRECTIVES),
        &[DOUBLE],
        "alignas alignof auto bool break case char const constexpr continue default do double else enum extern false float for \
         goto if inline int long nullptr register restrict return short signed sizeof static static_assert struct switch \
         thread_local true typedef typeof union unsigned void volatile while NULL size_t ssize_t int8_t int16_t int32_t int64_t \
         uint8_t uint16_t uint32_t uint64_t",
    ),
    c_like(
        "cpp c++ cc cxx hpp hxx arduino ino",
        CHARS.and(Traits::DIRECTIVES),
        &[DOUBLE],
        "alignas alignof and asm auto bool break case catch char char8_t char16_t char32_t class co_await co_return co_yield concept const \
         const_cast consteval constexpr constinit continue decltype default delete do double dynamic_cast else enum explicit \
         export extern false final float for friend goto if import inline int long module mutable namespace new noexcept not nullptr \
         operator or override private protected public register reinterpret_cast requires return short signed sizeof static \
         static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union \
         unsigned using virtual void volatile wchar_t while",
    ),
    c_like(
        "objectivec objc objective-c",
        CHARS.and(Traits::DIRECTIVES).and(Traits::AT),
        &[DOUBLE],
        "BOOL NO YES break case char const continue default do double else enum extern float for id if in inline int long nil \
         return self short signed sizeof static struct super switch typedef union unsigned void while",
    ),
    c_like(
        "csharp c# cs",
        CHARS.and(Traits::DIRECTIVES),
        &[TRIPLE, DOUBLE],
        "abstract as async await base bool break byte case catch char checked class const continue decimal default delegate do \
         double else enum event explicit extern false finally fixed float for foreach get goto if implicit in init int interface \
         internal is lock long namespace new null object operator out override params partial private protected public readonly \
         record ref required return sbyte sealed set short sizeof stackalloc static string struct switch this throw true try \
         typeof uint ulong unchecked unsafe ushort using var virtual void volatile when where while with yield",
    ),
    c_like(
        "java",
        CHARS.and(Traits::AT),
        &[TRIPLE, DOUBLE],
        "abstract assert boolean break byte case catch char class const continue default do double else enum extends false final \
         finally float for goto if implements import instanceof int interface long native new null package permits private \
         protected public record return sealed short static strictfp super switch synchronized this throw throws transient true \
         try var void volatile while yield",
    ),
    c_like(
        "kotlin kt kts",
        CHARS.and(Traits::AT),
        &[TRIPLE, DOUBLE],
        "abstract actual annotation as break by catch class companion const constructor continue crossinline data do else enum \
         expect external false final finally for fun get if import in infix init inline inner interface internal is lateinit \
         noinline null object open operator out override package private protected public reified return sealed set super \
         suspend tailrec this throw true try typealias val value var vararg when where while",
    ),
    c_like(
        "scala sc",
        CHARS.and(Traits::AT),
        &[TRIPLE, DOUBLE],
        "abstract case catch class def do else enum export extends extension false final finally for given if implicit import in \
         inline lazy match new null object opaque override package private protected return sealed super then this throw trait \
         true try type using val var while with yield",
    ),
    c_like(
        "groovy gradle",
        T.and(Traits::AT).and(Traits::DOLLARS),
        &[TRIPLE, TRIPLE_SINGLE, DOUBLE, SINGLE],
        "abstract as assert boolean break byte case catch char class const continue def default do double else enum extends false \
         final finally float for goto if implements import in instanceof int interface long native new null package private \
         protected public return short static super switch synchronized this throw throws trait true try var void while",
    ),
    c_like(
        "swift",
        T.and(Traits::AT).and(Traits::DIRECTIVES),
        &[TRIPLE, DOUBLE],
        "actor any as associatedtype async await break case catch class continue convenience default defer deinit didSet do \
         dynamic else enum extension fallthrough false fileprivate final for func get guard if import in indirect init inout \
         internal is lazy let mutating nil nonisolated open operator optional override private protocol public repeat required \
         rethrows return self Self set some static struct subscript super switch throw throws true try typealias unowned var weak \
         where while willSet",
    ),
    c_like(
        "dart",
        T.and(Traits::AT),
        &[TRIPLE, TRIPLE_SINGLE, DOUBLE, SINGLE],
        "abstract as assert async await base bool break case catch class const continue covariant default deferred do double \
         dynamic else enum export extends extension external factory false final finally for get hide if implements import in \
         int interface is late library mixin new null num on operator part required rethrow return sealed set show static String \
         super switch sync this throw true try typedef var void when while with yield",
    ),
    c_like(
        "javascript js jsx mjs cjs node ecmascript",
        T.and(Traits::PATTERNS).and(Traits::AT),
        &[DOUBLE, SINGLE, BACKTICK],
        JAVASCRIPT,
    ),
    c_like(
        "typescript ts tsx mts cts",
        T.and(Traits::PATTERNS).and(Traits::AT),
        &[DOUBLE, SINGLE, BACKTICK],
        TYPESCRIPT,
    ),
    words(
        "php",
        &["//", "#"],
        C_COMMENTS,
        &[DOUBLE_LINES, SINGLE_ESCAPED_LINES],
        T.and(Traits::DOLLARS),
        "abstract and array as bool break callable case catch class clone const continue declare default do echo else elseif empty \
         enum exit extends false final finally float fn for foreach function global goto if implements include include_once \
         instanceof insteadof int interface isset list match mixed namespace new null object or parent private protected public \
         readonly require require_once return self static string switch this throw trait true try unset use var void while xor \
         yield",
    ),
    c_like(
        "zig",
        CHARS.and(Traits::AT),
        &[DOUBLE],
        "addrspace align allowzero and anyframe anytype asm async await bool break callconv catch comptime const continue defer \
         else enum errdefer error export extern f32 f64 false fn for i32 i64 if inline linksection noalias noinline nosuspend \
         null opaque or orelse packed pub resume return struct suspend switch test threadlocal true try type u8 u16 u32 u64 \
         undefined union unreachable usingnamespace usize var void volatile while",
    ),
    c_like(
        "proto protobuf",
        T,
        &[DOUBLE, SINGLE],
        "bool bytes double edition enum extend extensions false fixed32 fixed64 float import int32 int64 map message oneof option \
         optional package public repeated required reserved returns rpc service sfixed32 sfixed64 sint32 sint64 stream string \
         syntax to true uint32 uint64 weak",
    ),
    words(
        "graphql gql",
        &["#"],
        &[],
        &[TRIPLE, DOUBLE],
        T.and(Traits::DOLLARS).and(Traits::AT),
        "directive enum extend false fragment implements input interface mutation null on query repeatable scalar schema \
         subscription true type union",
    ),
    c_like("json jsonc json5 jsonl geojson", Traits::KEYS, &[DOUBLE, SINGLE], "true false null Infinity NaN"),
    words(
        "glsl hlsl wgsl shader",
        &["//"],
        C_COMMENTS,
        &[DOUBLE],
        CHARS.and(Traits::DIRECTIVES).and(Traits::AT),
        "attribute bool break case const continue default discard do double else false flat float fn for if in inout int layout let \
         loop mat2 mat3 mat4 out precision return sampler2D struct switch true uint uniform var varying vec2 vec3 vec4 void while",
    ),
    c_like(
        "solidity sol",
        T,
        &[DOUBLE, SINGLE],
        "abstract address as assembly bool break bytes calldata case catch constant constructor continue contract default delete \
         do else emit enum error event external false fallback for function if immutable import indexed interface internal is \
         library mapping memory modifier new override payable pragma private public pure receive return returns storage string \
         struct this throw true try type uint uint256 unchecked using view virtual while",
    ),
    c_like(
        "css scss less sass",
        Traits::STYLES.and(Traits::AT),
        &[DOUBLE, SINGLE],
        "!important and from not only or to",
    ),
    hash(
        "python py python3 py3 pyi",
        T.and(Traits::AT),
        &[TRIPLE, TRIPLE_SINGLE, DOUBLE, SINGLE],
        "False None True and as assert async await break case class continue def del elif else except finally for from global if \
         import in is lambda match nonlocal not or pass raise return try type while with yield self",
    ),
    words(
        "ruby rb rake gemfile",
        &["#"],
        &[("=begin", "=end")],
        &[DOUBLE_LINES, SINGLE_RAW],
        T.and(Traits::AT).and(Traits::DOLLARS),
        "BEGIN END alias and begin break case class def defined? do else elsif end ensure extend false for if in include module \
         next nil not or private protected public raise redo require require_relative rescue retry return self super then true \
         undef unless until when while yield attr_accessor attr_reader attr_writer",
    ),
    hash(
        "bash sh shell zsh ksh fish shell-session console sh-session dash",
        Traits::DOLLARS.and(Traits::HYPHENS),
        &[DOUBLE_LINES, SINGLE_RAW],
        "alias apt apt-get break case cat cd chmod chown continue cp curl declare do docker done echo elif else esac eval exec exit \
         export fi for function git grep if in install kill local ls mkdir mv printf read readonly return rm sed select set shift \
         source ssh sudo systemctl test then time trap type unset until wait while",
    ),
    hash(
        "perl pl pm",
        T.and(Traits::DOLLARS),
        &[DOUBLE_LINES, SINGLE_RAW],
        "and bless continue cmp defined delete die do each else elsif eq eval exists for foreach ge given gt if keys last le local \
         lt my ne next no not or our package print push redo ref require return say scalar shift sub undef unless until use \
         values wantarray warn when while xor",
    ),
    hash(
        "r rscript",
        Traits::NONE,
        &[DOUBLE_LINES, SINGLE],
        "FALSE Inf NA NULL NaN TRUE break else for function if in library next repeat require return while",
    ),
    words(
        "julia jl",
        &["#"],
        &[("#=", "=#")],
        &[TRIPLE, DOUBLE],
        CHARS.and(Traits::AT),
        "abstract baremodule begin break catch const continue do else elseif end export false finally for function global if \
         import in let local macro module mutable nothing primitive quote return struct true try type using where while",
    ),
    hash(
        "elixir ex exs",
        T.and(Traits::AT),
        &[TRIPLE, DOUBLE_LINES, SINGLE],
        "after alias and case catch cond def defdelegate defexception defguard defimpl defmacro defmodule defp defprotocol \
         defstruct do else end false fn for if import in nil not or quote raise receive require rescue reraise super true try \
         unless unquote use when with",
    ),
    words(
        "powershell ps1 pwsh posh",
        &["#"],
        &[("<#", "#>")],
        &[quote("\"", "\"", false, true), SINGLE_RAW],
        Traits::DOLLARS.and(Traits::HYPHENS),
        "begin break catch class continue data do dynamicparam else elseif end enum exit filter finally for foreach from function \
         if in param process return switch throw trap try until using while",
    ),
    words(
        "nix",
        &["#"],
        C_COMMENTS,
        &[DOUBLE_LINES, quote("''", "''", false, true)],
        Traits::DOLLARS.and(Traits::HYPHENS),
        "assert builtins else false if import in inherit let null or rec then true with",
    ),
    words(
        "hcl terraform tf tofu",
        &["#", "//"],
        C_COMMENTS,
        &[DOUBLE],
        Traits::DOLLARS.and(Traits::HYPHENS),
        "data dynamic each else endfor endif false for if in local locals module null output provider resource self terraform true \
         var variable",
    ),
    hash(
        "yaml yml",
        Traits::COLON_LINES.and(Traits::HYPHENS),
        &[DOUBLE_LINES, SQL_TEXT],
        "true false null yes no on off True False",
    ),
    hash(
        "toml",
        Traits::EQUALS_LINES,
        &[TRIPLE, TRIPLE_SINGLE, DOUBLE, quote("'", "'", false, false)],
        "true false inf nan",
    ),
    words(
        "ini cfg conf properties env dotenv editorconfig desktop systemd gitconfig",
        &["#", ";"],
        &[],
        &[DOUBLE],
        Traits::EQUALS_LINES.and(Traits::DOLLARS),
        "true false yes no on off",
    ),
    hash(
        "makefile make mk",
        Traits::DOLLARS.and(Traits::COLON_LINES).and(Traits::HYPHENS),
        &[],
        "define else endef endif export ifdef ifeq ifndef ifneq include override",
    ),
    Language {
        any_case: true,
        ..hash(
            "dockerfile docker containerfile",
            Traits::FIRST_WORD.and(Traits::DOLLARS),
            &[DOUBLE, SINGLE],
            "add arg cmd copy entrypoint env expose from healthcheck label maintainer onbuild run shell stopsignal user volume workdir",
        )
    },
    hash(
        "nginx",
        Traits::DOLLARS.and(Traits::HYPHENS),
        &[DOUBLE, SINGLE],
        "access_log add_header alias error_log error_page events http if include index listen location map proxy_pass \
         proxy_set_header return rewrite root server server_name set ssl_certificate ssl_certificate_key try_files upstream",
    ),
    Language {
        any_case: true,
        ..hash(
            "cmake",
            Traits::DOLLARS,
            &[DOUBLE_LINES],
            "add_executable add_library add_subdirectory cmake_minimum_required else elseif endforeach endfunction endif endmacro \
             endwhile find_package foreach function if include install macro message option project return set \
             target_include_directories target_link_libraries while",
        )
    },
    Language {
        any_case: true,
        ..words(
            "sql mysql postgresql postgres psql plsql pgsql sqlite tsql mariadb",
            &["--", "#"],
            C_COMMENTS,
            &[SQL_TEXT, quote("\"", "\"", false, false), quote("`", "`", false, false)],
            Traits::NONE,
            "add all alter analyze and any as asc begin between bigint blob boolean by case cast char check coalesce collate column \
             commit conflict constraint create cross current_date current_timestamp database date decimal default delete desc \
             distinct do drop else end exists explain false float for foreign from full function grant group having if ilike in \
             index inner insert int integer intersect interval into is join json jsonb key language left like limit natural not \
             null numeric offset on or order outer over partition primary procedure real recursive references rename replace \
             returning returns revoke right rollback row rows select serial set smallint some table temporary text then time \
             timestamp to transaction trigger true truncate union unique update using uuid values varchar view when where window \
             with",
        )
    },
    words(
        "lua",
        &["--"],
        &[("--[[", "]]")],
        &[DOUBLE, SINGLE, quote("[[", "]]", false, true)],
        Traits::NONE,
        "and break do else elseif end false for function goto if in local nil not or repeat return self then true until while",
    ),
    Language {
        nested: true,
        ..words(
            "haskell hs elm purescript",
            &["--"],
            &[("{-", "-}")],
            &[DOUBLE],
            CHARS,
            "as case class data default deriving do else family forall foreign hiding if import in infix infixl infixr instance let \
             module newtype of qualified then type where",
        )
    },
    Language {
        nested: true,
        ..words(
            "ocaml ml fsharp fs f#",
            &["//"],
            &[("(*", "*)")],
            &[TRIPLE, DOUBLE],
            CHARS,
            "and as assert async begin class constraint do done downto else end exception external false for fun function functor if \
             in include inherit initializer lazy let match member method module mutable namespace new null object of open or \
             override private rec sig static struct then to true try type use val virtual when while with yield",
        )
    },
    words(
        "erlang erl",
        &["%"],
        &[],
        &[DOUBLE, SINGLE],
        T,
        "after and andalso begin bnot bor bsl bsr bxor case catch cond div end fun if let maybe module not of or orelse receive rem \
         try when xor",
    ),
    words(
        "clojure clj cljs edn lisp elisp emacs-lisp scheme racket common-lisp",
        &[";"],
        &[("#|", "|#")],
        &[DOUBLE_LINES],
        Traits::HYPHENS,
        "and begin case cond def defmacro defmethod defn defprotocol defrecord defun defvar do doseq else fn for if lambda let \
         letfn loop nil ns or quote recur require set! setq t try unless when",
    ),
    Language {
        any_case: true,
        ..words(
            "vb vbnet vba basic visualbasic",
            &["'"],
            &[],
            &[quote("\"", "\"", false, false)],
            Traits::NONE,
            "and as boolean byref byval call case class const dim do each else elseif end enum exit false for function get if in \
             integer is let long loop me mod module new next not nothing on option or private property public redim resume return \
             select set static step string structure sub then to true until wend while with",
        )
    },
    Language {
        any_case: true,
        ..words(
            "pascal delphi objectpascal",
            &["//"],
            &[("{", "}"), ("(*", "*)")],
            &[SQL_TEXT_LINE],
            Traits::NONE,
            "and array begin case class const constructor destructor div do downto else end except exit false file finally for \
             function goto if implementation in inherited interface is mod nil not object of or private procedure program \
             property protected public record repeat set shl shr then to true try type unit until uses var while with xor",
        )
    },
    Language {
        any_case: true,
        ..words(
            "fortran f90 f95",
            &["!"],
            &[],
            &[DOUBLE, SINGLE],
            Traits::NONE,
            "allocatable allocate call case character complex contains continue cycle deallocate dimension do else elseif end enddo \
             endif exit function if implicit in inout integer intent interface logical module none only out parameter print \
             procedure program pure read real recursive result return save select stop subroutine then type use where while write",
        )
    },
    words(
        "matlab octave",
        &["%"],
        &[],
        &[DOUBLE],
        Traits::NONE,
        "break case catch classdef continue else elseif end false for function global if otherwise persistent return switch true try \
         until while",
    ),
    words("latex tex bibtex", &["%"], &[], &[], Traits::BACKSLASH, ""),
    words(
        "asm nasm assembly x86asm armasm",
        &[";", "#"],
        C_COMMENTS,
        &[DOUBLE, SINGLE],
        Traits::NONE,
        "add and call cmp dec div inc int ja jb je jg jge jl jle jmp jne jnz jz lea loop mov mul neg nop not or pop push ret rol ror \
         sar shl shr sub syscall test xor section global extern db dw dd dq",
    ),
    words(
        "batch bat cmd dos",
        &["REM", "rem", "::"],
        &[],
        &[DOUBLE],
        Traits::AT,
        "call cd copy del dir do echo else endlocal exit exist for goto if in md mkdir move not pause ren set setlocal shift start",
    ),
    of_kind("html xml svg xhtml htm vue svelte rss atom xsl plist mathml astro jinja handlebars hbs", Kind::Markup),
    of_kind("diff patch udiff", Kind::Lines),
];

const SINGLE_ESCAPED_LINES: Quote = quote("'", "'", true, true);
const SQL_TEXT_LINE: Quote = quote("'", "'", false, false);

const JAVASCRIPT: &str = "as async await break case catch class const continue debugger default delete do else export extends false \
    finally for from function get if import in instanceof let new null of return set static super switch this throw true try typeof \
    undefined var void while with yield";

const TYPESCRIPT: &str = "abstract any as asserts async await bigint boolean break case catch class const continue debugger declare \
    default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface is \
    keyof let module namespace never new null number object of override private protected public readonly return satisfies set static \
    string super switch symbol this throw true try type typeof undefined unique unknown var void while with yield";

impl Language {
    /// The language that an author calls so, in any case.
    pub(in crate::markdown) fn find(name: &str) -> Option<&'static Self> {
        let name = name.to_ascii_lowercase();
        if name.is_empty() {
            return None;
        }
        LANGUAGES.iter().find(|language| language.names.split(' ').any(|known| known == name))
    }

    #[cfg(test)]
    pub(super) fn all() -> impl Iterator<Item = &'static Self> {
        LANGUAGES.iter()
    }
}
