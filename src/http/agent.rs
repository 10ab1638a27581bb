//! User agents: what a browser or a bot calls itself.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use woothee::parser::Parser;

/// What a user agent tells.
#[derive(Debug, Default, PartialEq)]
pub struct Agent {
    pub bot: bool,
    /// `pc`, `mobile`, `tablet` or `appliance`.
    pub device_type: Option<String>,
    pub device: Option<String>,
    pub brand: Option<String>,
    pub model: Option<String>,
    pub os: Option<String>,
    pub os_version: Option<String>,
    pub app: Option<String>,
    pub app_version: Option<String>,
}

/// Nobody's user agent needs more; what is read is bounded.
const LONGEST: usize = 512;
/// So many are remembered: most visitors come with few.
const REMEMBERED: usize = 500;

thread_local! {
    static KNOWN: RefCell<HashMap<String, Rc<Agent>>> = RefCell::new(HashMap::new());
}

/// Reads a user agent, or remembers it.
pub fn read(text: &str) -> Rc<Agent> {
    let end = (0..=text.len().min(LONGEST)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = &text[..end];
    KNOWN.with_borrow_mut(|known| {
        if let Some(agent) = known.get(text) {
            return agent.clone();
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let agent = Rc::new(parse(text));
        known.insert(text.to_owned(), agent.clone());
        agent
    })
}

fn parse(text: &str) -> Agent {
    let Some(found) = Parser::new().parse(text) else { return Agent { bot: says_bot(text), ..Agent::default() } };
    let told = |text: &str| (!matches!(text, "" | "UNKNOWN")).then(|| text.to_owned());
    if found.category == "crawler" || says_bot(text) {
        return Agent { bot: true, app: told(found.name), ..Agent::default() };
    }
    let (brand, model) = device(text);
    let device_type = match found.category {
        "smartphone" | "mobilephone" if is_tablet(text) => Some("tablet".to_owned()),
        "smartphone" | "mobilephone" => Some("mobile".to_owned()),
        "pc" | "appliance" => Some(found.category.to_owned()),
        _ => None,
    };
    // A program's library and the like is neither device nor browser.
    if device_type.is_none() {
        return Agent::default();
    }
    let os_version = told(&found.os_version);
    let (os, os_version) = match found.os {
        "iPhone" | "iPad" | "iPod" => (Some("iOS".to_owned()), os_version),
        "Mac OSX" => (Some("Mac OS X".to_owned()), os_version),
        name => match name.strip_prefix("Windows ") {
            Some(version) => (Some("Windows".to_owned()), Some(version.to_owned())),
            None => (told(name), os_version),
        },
    };
    Agent {
        bot: false,
        device_type,
        device: model.clone(),
        brand,
        model,
        os,
        os_version,
        app: told(found.name),
        app_version: told(found.version),
    }
}

/// Bots that are younger than the list: those that are not shy say so.
fn says_bot(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["bot/", "bot;", "crawler", "spider"].iter().any(|word| text.contains(word))
}

fn is_tablet(text: &str) -> bool {
    text.contains("iPad") || text.contains("Tablet") || (text.contains("Android") && !text.contains("Mobile"))
}

/// Brand and model, where the user agent names the device: Apple's by their kind, Android's behind its version.
fn device(text: &str) -> (Option<String>, Option<String>) {
    let owned = |brand: &str, model: &str| (Some(brand.to_owned()), Some(model.to_owned()));
    for apple in ["iPhone", "iPad", "iPod"] {
        if text.contains(apple) {
            return owned("Apple", apple);
        }
    }
    let Some(android) = text.find("Android ") else { return (None, None) };
    let inside = text[android..].split(')').next().unwrap_or_default();
    let model = inside.split(';').skip(1).map(str::trim).find(|part| !part.is_empty() && !is_locale(part));
    // Chrome writes K where it keeps the model to itself.
    let Some(model) = model.map(|model| model.split(" Build/").next().unwrap_or(model).trim()).filter(|m| *m != "K")
    else {
        return (None, None);
    };
    const BRANDS: [(&str, &str); 10] = [
        ("SM-", "Samsung"),
        ("GT-", "Samsung"),
        ("Pixel", "Google"),
        ("Nexus", "Google"),
        ("Redmi", "Xiaomi"),
        ("Mi ", "Xiaomi"),
        ("moto", "Motorola"),
        ("ONEPLUS", "OnePlus"),
        ("Nokia", "Nokia"),
        ("HUAWEI", "Huawei"),
    ];
    let brand = BRANDS.iter().find(|(start, _)| model.starts_with(start)).map(|(_, brand)| (*brand).to_owned());
    (brand, Some(model.to_owned()))
}

/// Such as `de-de`, which old Androids tell before the model.
fn is_locale(part: &str) -> bool {
    matches!(part.as_bytes(), [a, b] | [a, b, b'-' | b'_', _, _] if a.is_ascii_lowercase() && b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> [String; 7] {
        let agent = read(text);
        let field = |field: &Option<String>| field.clone().unwrap_or_default();
        [
            field(&agent.device_type),
            field(&agent.brand),
            field(&agent.model),
            field(&agent.os),
            field(&agent.os_version),
            field(&agent.app),
            field(&agent.app_version),
        ]
    }

    #[test]
    fn browsers() {
        for (text, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                ["pc", "", "", "Windows", "10", "Edge", "140.0.0.0"],
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                ["pc", "", "", "Mac OS X", "10.15.7", "Safari", "18.1"],
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                ["mobile", "Apple", "iPhone", "iOS", "18.1", "Safari", "18.1"],
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1",
                ["tablet", "Apple", "iPad", "iOS", "17.1", "Safari", "17.1"],
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                ["mobile", "Samsung", "SM-S918B", "Android", "14", "SamsungBrowser", "25.0"],
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; Pixel 7 Pro Build/TQ3A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.43 Mobile Safari/537.36",
                ["mobile", "Google", "Pixel 7 Pro", "Android", "13", "Chrome", "120.0.6099.43"],
            ),
            (
                "Mozilla/5.0 (Linux; Android 12; SM-T870) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36",
                ["tablet", "Samsung", "SM-T870", "Android", "12", "Chrome", "119.0.0.0"],
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
                ["mobile", "", "", "Android", "10", "Chrome", "131.0.0.0"],
            ),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
                ["pc", "", "", "Linux", "", "Firefox", "131.0"],
            ),
        ] {
            assert_eq!(told(text), expected, "{text}");
            assert!(!read(text).bot, "{text}");
        }
    }

    #[test]
    fn bots() {
        for text in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.1; +https://openai.com/gptbot)",
            "Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
            "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        ] {
            assert!(read(text).bot, "{text}");
        }
        for text in ["curl/8.5.0", "python-requests/2.31.0", "PostmanRuntime/7.36.0", ""] {
            assert!(!read(text).bot, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,80}", model in "[ -~é]{0,20}") {
            read(&text);
            read(&format!("Mozilla/5.0 (Linux; Android {model}) é"));
            read(&"é".repeat(400));
        }
    }
}
