//! Who is at the other end: what the request and the payload tell of visitor and device. It is kept with a new session.

use super::agent::{self, Agent};
use super::request::Request;
use super::{address, query};
use crate::identity::Description;
use crate::jsonb::{Json, Object, Value};
use crate::payload::Payload;
use crate::pg;
use crate::settings;
use crate::source::Bots;
use std::borrow::Cow;
use std::rc::Rc;

/// The end of a request that a browser or an app is at.
pub struct Visitor<'r> {
    request: &'r Request,
}

/// The parameters of a page's address that tell of a campaign: their names there, and here.
const CAMPAIGN: [(&str, &str); 11] = [
    ("utm_source", "source"),
    ("utm_medium", "medium"),
    ("utm_campaign", "campaign"),
    ("utm_term", "term"),
    ("utm_content", "content"),
    // Clicks on advertisements: of Google, Facebook, Microsoft, TikTok, LinkedIn, Twitter.
    ("gclid", "gclid"),
    ("fbclid", "fbclid"),
    ("msclkid", "msclkid"),
    ("ttclid", "ttclid"),
    ("li_fat_id", "li_fat_id"),
    ("twclid", "twclid"),
];

type Pairs<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

impl<'r> Visitor<'r> {
    pub fn new(request: &'r Request) -> Self {
        Visitor { request }
    }

    /// Whether it says that it is a bot.
    pub fn is_bot(&self, payload: &Payload<'_>) -> bool {
        self.agent(payload).is_some_and(|agent| agent.bot)
    }

    /// The header, else what the page's script read.
    fn agent(&self, payload: &Payload<'_>) -> Option<Rc<Agent>> {
        let told = || text(path(payload.context, &["browser", "local", "browser"]).get("userAgent"));
        self.request.header("user-agent").or_else(told).map(agent::read)
    }

    /// All that is kept with a session.
    pub fn describe(&self, payload: &Payload<'_>, bots: Bots) -> Description {
        let agent = self.agent(payload).unwrap_or_default();
        let address = self.request.client_address().and_then(|text| address::kept(text, settings::client_ip()));
        let page = payload.events.iter().find_map(|event| page(event.context)).or_else(|| page_of(payload.context));
        Description {
            device: object(device(payload.context, &agent, address.as_deref())),
            os: object(vec![named("name", agent.os.as_deref()), named("version", agent.os_version.as_deref())]),
            app: object(app(payload.context, &agent, bots)),
            utm: object(campaign(payload.context, page)),
            context: object(self.context(payload.context, page, address.as_deref())),
        }
    }

    /// The payload's context, less what stands elsewhere, with what the request adds.
    fn context<'a>(
        &self,
        context: Option<Object<'a>>,
        page: Option<Object<'a>>,
        address: Option<&'a str>,
    ) -> Pairs<'a> {
        let told = context.into_iter().flat_map(|context| context.pairs());
        let mut pairs: Pairs<'a> = told
            .filter(|(key, _)| !matches!(*key, "utm" | "location"))
            .map(|(key, value)| (Cow::Borrowed(key), Json::Copy(value)))
            .collect();
        if let Some(header) = self.request.header("accept-language") {
            let languages = languages(header);
            let mut codes: Vec<String> = languages
                .iter()
                .map(|language| language.split('-').next().unwrap_or_default().to_lowercase())
                .collect();
            let mut seen = std::collections::HashSet::new();
            codes.retain(|code| seen.insert(code.clone()));
            let list = |texts: Vec<String>| Json::Array(texts.into_iter().map(Json::string).collect());
            pairs.push(("language".into(), list(languages)));
            pairs.push(("language_codes".into(), list(codes)));
        }
        pairs.push(named("ip", address));
        // Tracardi's tracker writes "referer", as the header does.
        let referrer = page.map(|page| match page.get("referrer") {
            Value::Null => page.get("referer"),
            referrer => referrer,
        });
        if let Some(value) = referrer.filter(|value| !is_blank(*value)) {
            pairs.push(("referrer".into(), Json::Copy(value)));
        }
        pairs
    }
}

fn device<'a>(context: Option<Object<'a>>, agent: &'a Agent, address: Option<&'a str>) -> Pairs<'a> {
    let own = path(context, &["device"]);
    let screen = path(context, &["screen", "local"]);
    // What the client itself says of the device counts more.
    let said = |key, read: &'a Option<String>| match text(own.get(key)) {
        Some(said) => named(key, Some(said)),
        None => named(key, read.as_deref()),
    };
    let mut pairs = vec![
        said("name", &agent.device),
        said("brand", &agent.brand),
        said("model", &agent.model),
        said("type", &agent.device_type),
        named("ip", address),
    ];
    if let (Some(width), Some(height)) = (screen.get("width").as_f64(), screen.get("height").as_f64()) {
        pairs.push(("resolution".into(), Json::string(format!("{width}x{height}"))));
    }
    let mut copy = |key: &'static str, value: Value<'a>| pairs.push((key.into(), Json::Copy(value)));
    copy(
        "color_depth",
        if screen.get("colorDepth").as_f64().is_some() { screen.get("colorDepth") } else { Value::Null },
    );
    copy("orientation", text(screen.get("orientation")).map_or(Value::Null, Value::String));
    copy(
        "touch",
        match own.get("touch") {
            touch @ Value::Bool(_) => touch,
            _ => Value::Null,
        },
    );
    if let Value::Object(location) = context.map_or(Value::Null, |context| context.get("location")) {
        copy("geo", Value::Object(location));
    }
    pairs
}

fn app<'a>(context: Option<Object<'a>>, agent: &'a Agent, bots: Bots) -> Pairs<'a> {
    let language = text(path(context, &["browser", "local", "browser"]).get("language"));
    let mut pairs = vec![
        named("type", agent.app.as_ref().filter(|_| !agent.bot).map(|_| "browser")),
        named("name", agent.app.as_deref()),
        named("version", agent.app_version.as_deref()),
        named("language", language),
    ];
    if agent.bot && bots == Bots::Mark {
        pairs.push(("bot".into(), Json::Copy(Value::Bool(true))));
    }
    pairs
}

/// The campaign: what the client says, else what the page's address does.
fn campaign<'a>(context: Option<Object<'a>>, page: Option<Object<'a>>) -> Pairs<'a> {
    let own = path(context, &["utm"]);
    let address = page.and_then(|page| text(page.get("url"))).unwrap_or_default();
    let address = address.split('#').next().unwrap_or_default();
    let in_address: Vec<_> = query::pairs(address.split_once('?').map_or("", |(_, query)| query)).collect();
    CAMPAIGN
        .iter()
        .filter_map(|(parameter, name)| {
            let said = text(own.get(name)).map(Cow::Borrowed);
            let found = || in_address.iter().find(|(key, _)| key == parameter).map(|(_, value)| value.clone());
            let value = said.or_else(found).filter(|value| !value.is_empty() && !value.contains('\0'))?;
            Some((Cow::Borrowed(*name), Json::String(Cow::Owned(clipped(&value)))))
        })
        .collect()
}

/// The languages of an Accept-Language header, the preferred one first.
fn languages(header: &str) -> Vec<String> {
    const MOST: usize = 20;
    let mut weighted: Vec<(f32, &str)> = header
        .split(',')
        .filter_map(|part| {
            let mut pieces = part.split(';').map(str::trim);
            let tag = pieces.next().filter(|tag| !tag.is_empty() && tag.len() <= 35)?;
            let fits = tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let weight = pieces.find_map(|piece| piece.strip_prefix("q=")).map_or(Ok(1.0), str::parse).unwrap_or(0.0);
            (fits && weight > 0.0).then_some((weight, tag))
        })
        .take(MOST)
        .collect();
    weighted.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    weighted.into_iter().map(|(_, tag)| tag.to_owned()).collect()
}

/// An event's page, if it has an address.
fn page(context: Value<'_>) -> Option<Object<'_>> {
    match context {
        Value::Object(context) => page_of(Some(context)),
        _ => None,
    }
}

fn page_of(context: Option<Object<'_>>) -> Option<Object<'_>> {
    match context?.get("page") {
        Value::Object(page) => Some(page),
        _ => None,
    }
}

/// The object at a path; an empty one if there is none.
fn path<'a>(context: Option<Object<'a>>, keys: &[&str]) -> Object<'a> {
    let step = |object: Option<Object<'a>>, key: &&str| match object?.get(key) {
        Value::Object(inner) => Some(inner),
        _ => None,
    };
    keys.iter().fold(context, step).unwrap_or_default()
}

/// A string that is not blank.
fn text(value: Value<'_>) -> Option<&str> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim()),
        _ => None,
    }
}

/// Whether a referrer tells nothing: null, a blank, an object without a host.
fn is_blank(value: Value<'_>) -> bool {
    match value {
        Value::Object(object) => text(object.get("host")).is_none(),
        other => text(other).is_none(),
    }
}

/// At most as long as an id.
fn clipped(text: &str) -> String {
    text.chars().take(crate::id::MAX_CHARS).collect()
}

fn named<'a>(key: &'static str, value: Option<&'a str>) -> (Cow<'a, str>, Json<'a>) {
    (Cow::Borrowed(key), value.map_or(Json::Null, |text| Json::String(Cow::Owned(clipped(text)))))
}

/// An object of those that are there; empty bytes for none.
fn object(pairs: Pairs<'_>) -> Vec<u8> {
    let there: Pairs<'_> =
        pairs.into_iter().filter(|(_, value)| !matches!(value, Json::Null | Json::Copy(Value::Null))).collect();
    if there.is_empty() { Vec::new() } else { pg::encode(Json::Object(there)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_in_order_of_preference() {
        assert_eq!(languages("en;q=0.8, de-DE,de;q=0.9, *;q=0.1"), ["de-DE", "de", "en"]);
        assert_eq!(languages("fr;q=0, ;q=1, x y, nl;q=x"), [] as [String; 0]);
        assert_eq!(languages(&"de,".repeat(1000)).len(), 20);
    }
}
