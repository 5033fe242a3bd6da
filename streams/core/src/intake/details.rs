//! What a touchpoint's details hold, channel by channel (schemas/details.py), and their one form (schemas/canonical.py).

use super::free;
use super::json::Reader;
use super::values::{certain, one_of, text};
use crate::json::Object;
use crate::left::{Left, Outcome};

pub enum Kind {
    Text,
    OneOf(&'static [&'static str]),
    Texts,
    Count,
}

pub struct Field {
    name: &'static str,
    kind: Kind,
    is_required: bool,
}

/// Those of a built-in channel, or an added one's, which are free.
pub enum Details {
    Typed(&'static [Field]),
    Free,
}

enum Value<'a> {
    Text(&'a str),
    Texts(Vec<&'a str>),
    Count(i64),
}

const MOST_TEXTS: usize = 64;
const MOST_FIELDS: usize = 5;
/// The fields of a channel stand in the order of their names, as they do in what is written.
const MOBILE_APP: &[Field] = &[
    required("app_version", Kind::Text),
    optional("device_model", Kind::Text),
    required("os", Kind::OneOf(&["ios", "android", "harmonyos", "other"])),
    optional("screen", Kind::Text),
];
const ONLINE_BANKING: &[Field] = &[
    optional("browser", Kind::Text),
    required("path", Kind::Text),
    optional("region", Kind::Text),
];
const WECHAT: &[Field] = &[
    optional("menu", Kind::Text),
    required("surface", Kind::OneOf(&["official_account", "mini_program"])),
];
const ATM: &[Field] = &[
    optional("response_code", Kind::Text),
    required(
        "service",
        Kind::OneOf(&["withdraw", "deposit", "transfer", "inquiry", "pin", "other"]),
    ),
    required("terminal_id", Kind::Text),
];
const HOTLINE: &[Field] = &[
    optional("agent_id", Kind::Text),
    required("call_id", Kind::Text),
    optional("disposition", Kind::Text),
    optional("ivr_path", Kind::Texts),
];
const BRANCH: &[Field] = &[
    required("branch_id", Kind::Text),
    optional("counter_no", Kind::Text),
    optional(
        "desk",
        Kind::OneOf(&["reception", "counter", "vip", "self_service", "other"]),
    ),
    optional("queue_length", Kind::Count),
    optional("ticket_no", Kind::Text),
];

const fn required(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        is_required: true,
    }
}

const fn optional(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        is_required: false,
    }
}

impl Details {
    pub fn of(channel: &str) -> Self {
        Details::Typed(match channel {
            "mobile_app" => MOBILE_APP,
            "online_banking" => ONLINE_BANKING,
            "wechat" => WECHAT,
            "atm" => ATM,
            "hotline" => HOTLINE,
            "branch" => BRANCH,
            _ => return Details::Free,
        })
    }

    pub fn are_required(&self) -> bool {
        matches!(self, Details::Typed(_))
    }

    /// Canonical JSON.
    pub fn read(&self, reader: &mut Reader<'_>) -> Outcome<String> {
        match self {
            Details::Typed(fields) => typed(reader, fields),
            Details::Free => free::read(reader),
        }
    }
}

/// What is null is left out.
fn typed(reader: &mut Reader<'_>, fields: &[Field]) -> Outcome<String> {
    let mut values: [Option<Option<Value<'_>>>; MOST_FIELDS] = Default::default();
    reader.object(|reader, key| {
        let place = fields.iter().position(|field| field.name == key);
        let place = place.ok_or(Left("a key of none of the contract's"))?;
        certain(values[place].is_none())?;
        let field = &fields[place];
        values[place] = Some(if field.is_required {
            Some(field.read(reader)?)
        } else {
            reader.optional(|reader| field.read(reader))?
        });
        Ok(())
    })?;
    let mut out = Vec::with_capacity(128);
    let mut object = Object::begin(&mut out);
    for (field, value) in fields.iter().zip(values) {
        certain(value.is_some() || !field.is_required)?;
        match value.flatten() {
            Some(Value::Text(text)) => object.field(field.name, text),
            Some(Value::Texts(texts)) => object.field(field.name, texts.as_slice()),
            Some(Value::Count(count)) => object.field(field.name, &count),
            None => continue,
        };
    }
    object.end();
    String::from_utf8(out).map_err(|_| Left("not UTF-8"))
}

impl Field {
    fn read<'a>(&self, reader: &mut Reader<'a>) -> Outcome<Value<'a>> {
        Ok(match self.kind {
            Kind::Text => Value::Text(text(reader)?),
            Kind::OneOf(words) => Value::Text(one_of(reader, words)?),
            Kind::Texts => {
                let texts = reader.list(text)?;
                certain(texts.len() <= MOST_TEXTS)?;
                Value::Texts(texts)
            }
            Kind::Count => {
                let count = reader.int()?;
                certain((0..=1_000_000).contains(&count))?;
                Value::Count(count)
            }
        })
    }
}
