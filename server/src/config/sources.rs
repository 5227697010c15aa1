//! Collects each setting's text from file, environment and flags, and remembers where it came from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::table::{FILE_VARIABLE, SETTINGS, Setting};

/// Where an effective value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf),
    Environment,
    Flag,
}

/// One setting with the text in effect. None: not set, and no fixed default.
#[derive(Clone)]
pub struct Value {
    pub setting: &'static Setting,
    pub text: Option<String>,
    pub origin: Origin,
}

impl Value {
    /// How an error message or a listing names the source.
    pub fn source(&self) -> String {
        match &self.origin {
            Origin::Default => "default".to_owned(),
            Origin::File(path) => format!("{} in {}", self.setting.key, path.display()),
            Origin::Environment => format!("environment {}", self.setting.environment),
            Origin::Flag => format!("flag --{}", self.setting.flag),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            None => f.write_str(&self.setting.default_note.replace('`', "")),
            // SECURITY: a database address may hold a password.
            Some(_) if self.setting.is_secret => f.write_str("***"),
            Some(text) => f.write_str(text),
        }
    }
}

/// Masked like everything that shows it.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {self} ({})", self.setting.key, self.source())
    }
}

/// The flags that were given, by the key of their setting.
#[derive(Clone, Default)]
pub struct Flags {
    /// `--config`.
    pub file: Option<PathBuf>,
    pub values: BTreeMap<&'static str, String>,
}

/// Which flags, but not what they say: one may hold a password.
impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flags")
            .field("file", &self.file)
            .field("values", &self.values.keys())
            .finish()
    }
}

/// The environment, as a function, so that tests can give one.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Every setting's effective text, in the order of the table.
pub(super) fn collect(flags: &Flags, environment: Environment<'_>) -> anyhow::Result<Vec<Value>> {
    let environment = Texts::of(environment)?;
    let (path, file) = read_file(flags, &environment)?;
    let value = |setting: &'static Setting| {
        let (text, origin) = if let Some(text) = flags.values.get(setting.key) {
            (Some(text.clone()), Origin::Flag)
        } else if let Some(text) = environment.0.get(setting.environment) {
            (Some(text.clone()), Origin::Environment)
        } else if let Some(text) = file.get(setting.key) {
            (Some(text.clone()), Origin::File(path.clone()))
        } else {
            (
                (!setting.default.is_empty()).then(|| setting.default.to_owned()),
                Origin::Default,
            )
        };
        Value {
            setting,
            text,
            origin,
        }
    };
    Ok(SETTINGS.iter().map(value).collect())
}

/// The variables that concern us. Empty ones count as not set, since many tools cannot unset.
struct Texts(BTreeMap<&'static str, String>);

impl Texts {
    fn of(environment: Environment<'_>) -> anyhow::Result<Self> {
        let names = SETTINGS
            .iter()
            .map(|setting| setting.environment)
            .chain([FILE_VARIABLE]);
        let mut texts = BTreeMap::new();
        for name in names {
            let Some(value) = environment(name).filter(|value| !value.is_empty()) else {
                continue;
            };
            let text = value
                .into_string()
                .ok()
                .with_context(|| format!("the environment's {name} is not UTF-8"))?;
            texts.insert(name, text);
        }
        Ok(Self(texts))
    }
}

fn read_file(
    flags: &Flags,
    environment: &Texts,
) -> anyhow::Result<(PathBuf, BTreeMap<String, String>)> {
    let named = flags
        .file
        .clone()
        .or_else(|| environment.0.get(FILE_VARIABLE).map(PathBuf::from));
    let is_named = named.is_some();
    let path = named.unwrap_or_else(|| {
        let folder = flags
            .values
            .get("data_dir")
            .or_else(|| environment.0.get("REELGATE_DATA_DIR"));
        Path::new(folder.map_or("var", String::as_str)).join("reelgate.toml")
    });
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_named => {
            return Ok((path, BTreeMap::new()));
        }
        Err(error) => {
            return Err(error)
                .with_context(|| format!("the settings file {} cannot be read", path.display()));
        }
    };
    let values = parse_file(&text)
        .with_context(|| format!("the settings file {} is wrong", path.display()))?;
    Ok((path, values))
}

fn parse_file(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let table: toml::Table = text.parse()?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        if !SETTINGS.iter().any(|setting| setting.key == key) {
            let known: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
            bail!("there is no setting {key}; there are {}", known.join(", "));
        }
        let text = file_text(&value)
            .with_context(|| format!("{key} must be a text, a number or a list of texts"))?;
        values.insert(key, text);
    }
    Ok(values)
}

fn file_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}
