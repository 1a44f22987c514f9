//! Reading YAML so that every mistake is found at once, each with its file, line and what was
//! expected. A wrong or missing value is noted and read as an empty one, so reading always goes on.

use crate::condition::Condition;
use crate::date::Date;
use crate::text;
use crate::text::Text;
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use std::cell::RefCell;
use std::fmt;

/// A mistake of the data, for the person who edits it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// The file's name within the catalogue's folder.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// What is wrong and what was expected.
    pub what: Text,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what.en)
    }
}

/// What kind of thing an id has to name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Thing {
    Matter,
    Material,
    Organisation,
    Role,
    Stage,
    Attribute,
    Question,
    Field,
    Basis,
    Activity,
    FieldType,
    FieldRule,
}

impl Thing {
    pub(crate) fn name(self) -> Text {
        match self {
            Thing::Matter => Text::new("事项", "matter"),
            Thing::Material => Text::new("材料", "material"),
            Thing::Organisation => Text::new("单位", "organisation"),
            Thing::Role => Text::new("角色", "role"),
            Thing::Stage => Text::new("阶段", "stage"),
            Thing::Attribute => Text::new("属性", "attribute"),
            Thing::Question => Text::new("问题", "question"),
            Thing::Field => Text::new("字段", "field"),
            Thing::Basis => Text::new("依据", "legal basis"),
            Thing::Activity => Text::new("施工活动", "activity"),
            Thing::FieldType => Text::new("字段类型", "field type"),
            Thing::FieldRule => Text::new("字段规则", "field rule"),
        }
    }
}

/// A place in the data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub file: String,
    pub line: usize,
}

/// A condition and where it is written, to be checked once all attributes are known.
pub(crate) struct ConditionText {
    pub place: Place,
    pub condition: Condition,
}

/// What reading gathers beside the values.
#[derive(Default)]
pub(crate) struct Notes {
    pub mistakes: RefCell<Vec<Mistake>>,
    /// Ids defined: what, id, where.
    pub defined: RefCell<Vec<(Thing, String, Place)>>,
    /// Ids used: what, id, where.
    pub used: RefCell<Vec<(Thing, String, Place)>>,
    pub conditions: RefCell<Vec<ConditionText>>,
}

impl Notes {
    pub fn mistake(&self, place: &Place, what: Text) {
        self.mistakes.borrow_mut().push(Mistake { file: place.file.clone(), line: place.line, what });
    }
}

/// One file, parsed. `None` when it is not YAML at all (noted).
pub(crate) fn parse<'a>(notes: &Notes, file: &str, source: &'a str) -> Option<MarkedYaml<'a>> {
    match MarkedYaml::load_from_str(source) {
        Ok(mut documents) if documents.len() == 1 => Some(documents.remove(0)),
        Ok(_) => {
            notes.mistake(&Place { file: file.into(), line: 1 }, text!("应恰好含一个 YAML 文档", "expected exactly one YAML document"));
            None
        }
        Err(error) => {
            let line = error.marker().line();
            notes.mistake(&Place { file: file.into(), line }, text!("不是有效的 YAML：{}", "not valid YAML: {}", error.info()));
            None
        }
    }
}

/// A node with its place and its path from the top, for the reader of a mistake.
#[derive(Clone)]
pub(crate) struct Node<'n> {
    pub notes: &'n Notes,
    pub file: &'n str,
    pub yaml: &'n MarkedYaml<'n>,
    pub path: String,
}

impl<'n> Node<'n> {
    pub fn place(&self) -> Place {
        Place { file: self.file.to_string(), line: self.yaml.span.start.line() }
    }

    pub fn wrong(&self, expected: Text) {
        let path = &self.path;
        self.notes.mistake(&self.place(), Text::new(format!("{path}：应为{}", expected.zh), format!("{path}: expected {}", expected.en)));
    }

    fn child(&self, yaml: &'n MarkedYaml<'n>, name: fmt::Arguments<'_>) -> Node<'n> {
        Node { notes: self.notes, file: self.file, yaml, path: format!("{}{name}", self.path) }
    }

    fn scalar(&self) -> Option<&Scalar<'n>> {
        match &self.yaml.data {
            YamlData::Value(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.scalar(), Some(Scalar::Null))
    }

    /// The value under a key that may be absent or null.
    pub fn optional(&self, key: &str) -> Option<Node<'n>> {
        let YamlData::Mapping(map) = &self.yaml.data else { return None };
        let (_, yaml) = map.iter().find(|(k, _)| matches!(&k.data, YamlData::Value(Scalar::String(name)) if name == key))?;
        let node = self.child(yaml, format_args!(".{key}"));
        (!node.is_null()).then_some(node)
    }

    /// The value under a key that has to be there.
    pub fn get(&self, key: &str) -> Option<Node<'n>> {
        let found = self.optional(key);
        if found.is_none() {
            self.wrong(text!("含有“{key}”", "a value for `{key}`"));
        }
        found
    }

    /// Entries of a mapping, in the order of the file.
    pub fn entries(&self) -> Vec<(String, Node<'n>)> {
        let YamlData::Mapping(map) = &self.yaml.data else {
            self.wrong(text!("键值映射", "a mapping"));
            return Vec::new();
        };
        map.iter()
            .filter_map(|(key, value)| match &key.data {
                YamlData::Value(Scalar::String(name)) => Some((name.to_string(), self.child(value, format_args!(".{name}")))),
                _ => {
                    self.child(key, format_args!("")).wrong(text!("文字作键", "text as a key"));
                    None
                }
            })
            .collect()
    }

    /// Notes every key that is none of these: a misspelt key is a lost value.
    pub fn only(&self, keys: &[&str]) {
        for (key, node) in self.entries() {
            if !keys.contains(&key.as_str()) {
                node.notes.mistake(
                    &node.place(),
                    text!("{}：未知的键，应为其中之一：{}", "{}: unknown key, expected one of: {}", node.path, keys.join(", ")),
                );
            }
        }
    }

    pub fn items(&self) -> Vec<Node<'n>> {
        let YamlData::Sequence(items) = &self.yaml.data else {
            self.wrong(text!("列表", "a list"));
            return Vec::new();
        };
        items.iter().enumerate().map(|(i, yaml)| self.child(yaml, format_args!("[{i}]"))).collect()
    }

    /// The list under a key that has to be there.
    pub fn list(&self, key: &str) -> Vec<Node<'n>> {
        self.get(key).map(|node| node.items()).unwrap_or_default()
    }

    /// The list under a key, empty when absent.
    pub fn optional_list(&self, key: &str) -> Vec<Node<'n>> {
        self.optional(key).map(|node| node.items()).unwrap_or_default()
    }

    pub fn as_text(&self) -> String {
        match self.scalar() {
            Some(Scalar::String(text)) if !text.trim().is_empty() => text.to_string(),
            _ => {
                self.wrong(text!("文字", "text"));
                String::new()
            }
        }
    }

    pub fn as_number(&self) -> f64 {
        match self.scalar() {
            Some(Scalar::Integer(number)) => *number as f64,
            Some(Scalar::FloatingPoint(number)) if number.is_finite() => number.into_inner(),
            _ => {
                self.wrong(text!("数字", "a number"));
                0.0
            }
        }
    }

    pub fn as_days(&self) -> i64 {
        match self.scalar() {
            Some(Scalar::Integer(number)) if (0..=10_000).contains(number) => *number,
            _ => {
                self.wrong(text!("0 到 10000 的整数天数", "a whole number of days from 0 to 10000"));
                0
            }
        }
    }

    pub fn as_flag(&self) -> bool {
        match self.scalar() {
            Some(Scalar::Boolean(flag)) => *flag,
            _ => {
                self.wrong(text!("true 或 false", "true or false"));
                false
            }
        }
    }

    pub fn as_date(&self) -> Option<Date> {
        let date = match self.scalar() {
            Some(Scalar::String(text)) => text.parse().ok(),
            _ => None,
        };
        if date.is_none() {
            self.wrong(text!("真实存在的日期，写作 YYYY-MM-DD", "a day that exists, as YYYY-MM-DD"));
        }
        date
    }

    pub fn as_condition(&self) -> Condition {
        // `true` unquoted is a YAML boolean and means the same.
        let source = match self.scalar() {
            Some(Scalar::Boolean(flag)) => flag.to_string(),
            Some(Scalar::String(text)) => text.to_string(),
            _ => {
                self.wrong(text!("条件表达式", "a condition"));
                return Condition::Always(false);
            }
        };
        match Condition::parse(&source) {
            Ok(condition) => {
                self.notes.conditions.borrow_mut().push(ConditionText { place: self.place(), condition: condition.clone() });
                condition
            }
            Err(error) => {
                let path = &self.path;
                self.notes.mistake(&self.place(), text!("{path}：条件“{source}”有误：{error}", "{path}: condition `{source}`: {error}"));
                Condition::Always(false)
            }
        }
    }

    /// An id this thing is known by: `a-slug`, or `a_name` for attributes and fields.
    pub fn define(&self, thing: Thing) -> String {
        let Some(node) = self.get("id") else { return String::new() };
        let id = node.as_text();
        node.define_as(thing, &id);
        id
    }

    pub fn define_as(&self, thing: Thing, id: &str) {
        let well_formed = !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !well_formed && !id.is_empty() {
            self.wrong(text!("由小写字母、数字、- 或 _ 组成的标识", "an id of lower-case letters, digits, - or _"));
        }
        self.notes.defined.borrow_mut().push((thing, id.to_string(), self.place()));
    }

    /// The id of something defined elsewhere.
    pub fn refer(&self, thing: Thing) -> String {
        let id = self.as_text();
        if !id.is_empty() {
            self.notes.used.borrow_mut().push((thing, id.clone(), self.place()));
        }
        id
    }

    /// One of the words of an enumeration.
    pub fn choose<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        if let Some(Scalar::String(text)) = self.scalar()
            && let Some((_, value)) = choices.iter().find(|(word, _)| word == text)
        {
            return Some(*value);
        }
        let words = choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        self.wrong(text!("其中之一：{words}", "one of: {words}"));
        None
    }

    // The same, by key, for values that have to be there.

    pub fn text(&self, key: &str) -> String {
        self.get(key).map(|node| node.as_text()).unwrap_or_default()
    }

    pub fn flag(&self, key: &str) -> bool {
        self.get(key).is_some_and(|node| node.as_flag())
    }

    pub fn days(&self, key: &str) -> i64 {
        self.get(key).map(|node| node.as_days()).unwrap_or_default()
    }

    pub fn condition(&self, key: &str) -> Condition {
        self.get(key).map_or(Condition::Always(false), |node| node.as_condition())
    }

    pub fn reference(&self, key: &str, thing: Thing) -> String {
        self.get(key).map(|node| node.refer(thing)).unwrap_or_default()
    }

    pub fn references(&self, key: &str, thing: Thing) -> Vec<String> {
        self.list(key).iter().map(|node| node.refer(thing)).collect()
    }

    /// `{stem}_zh` and `{stem}_en`.
    pub fn both(&self, stem: &str) -> Text {
        Text::new(self.text(&format!("{stem}_zh")), self.text(&format!("{stem}_en")))
    }

    /// `zh` and `en` of this mapping.
    pub fn pair(&self) -> Text {
        Text::new(self.text("zh"), self.text("en"))
    }
}
