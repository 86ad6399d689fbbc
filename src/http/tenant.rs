use axum::http::{HeaderMap, header};

use super::state::HttpConfig;
use crate::model::Slug;

/// Whose host a request came to. Made only from the `Host` header, which must be the
/// configured domain or one label below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Tenant {
    /// The platform: landing page, sign-in.
    Platform,
    /// One wiki, on its own host.
    Wiki(Slug),
    /// The bare domain, when a wiki is served on it as well.
    PlatformWithWiki(Slug),
}

/// The wiki that a request is about; in the request's extensions below the wiki's router.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct WikiSlug(pub(super) Slug);

/// The host name that a request came to, without port; sessions are bound to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct HostName(pub(super) String);

/// Finds the tenant; none for a missing, repeated or foreign `Host`, or one whose first
/// label cannot be a slug.
pub(super) fn tenant(config: &HttpConfig, headers: &HeaderMap) -> Option<(Tenant, HostName)> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok()?.to_ascii_lowercase(),
        _ => return None,
    };
    let name = without_port(&host)?;
    let domain = without_port(&config.domain)?;
    let tenant = if name == domain {
        config.wiki_at_root.clone().map_or(Tenant::Platform, Tenant::PlatformWithWiki)
    } else {
        let label = name.strip_suffix(domain)?.strip_suffix('.')?;
        Tenant::Wiki(Slug::parse(label).ok()?)
    };
    Some((tenant, HostName(name.to_owned())))
}

fn without_port(host: &str) -> Option<&str> {
    match host.split_once(':') {
        None => Some(host),
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && port.len() <= 5 => Some(name),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn config(root: Option<&str>) -> HttpConfig {
        let wiki_at_root = root.map(|slug| Slug::parse(slug).unwrap());
        HttpConfig { domain: "wiki.example:8080".to_owned(), https: false, wiki_at_root }
    }

    fn find(hosts: &[&str]) -> Option<Tenant> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        tenant(&config(None), &headers).map(|(tenant, _)| tenant)
    }

    #[test]
    fn only_the_domain_and_one_label_below_it_are_tenants() {
        let docs = Tenant::Wiki(Slug::parse("docs").unwrap());
        assert_eq!(find(&["wiki.example"]), Some(Tenant::Platform));
        assert_eq!(find(&["Wiki.Example:9000"]), Some(Tenant::Platform));
        assert_eq!(find(&["docs.wiki.example:8080"]), Some(docs));
        for hosts in [
            &[][..],
            &["docs.wiki.example", "other.wiki.example"],
            &["evil.example"],
            &["evilwiki.example"],
            &["a.docs.wiki.example"],
            &["www.wiki.example"],
            &[".wiki.example"],
            &["do_cs.wiki.example"],
            &["docs.wiki.example:80:80"],
            &["docs.wiki.example:port"],
            &["127.0.0.1:8080"],
        ] {
            assert_eq!(find(hosts), None, "{hosts:?}");
        }
    }

    #[test]
    fn a_wiki_may_be_served_on_the_bare_domain() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("wiki.example"));
        let found = tenant(&config(Some("home")), &headers).unwrap().0;
        assert_eq!(found, Tenant::PlatformWithWiki(Slug::parse("home").unwrap()));
    }
}
