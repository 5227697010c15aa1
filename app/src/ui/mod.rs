//! Building blocks that know no domain type, one file for each.

mod badge;
mod confirm;
mod confirm_password;
mod copy;
mod empty;
mod field;
mod form;
mod icon;
mod measure;
mod moment;
mod new_password;
mod notice;
mod pagination;
mod password;
mod print;
mod submit;
mod text;

pub(crate) use badge::{Badge, Tone};
pub(crate) use confirm::Confirm;
pub(crate) use confirm_password::ConfirmPassword;
pub(crate) use copy::{CopyButton, CopyHandler};
pub(crate) use empty::Empty;
pub(crate) use field::{FieldFrame, FormPath, TextField, described_by, typed_before};
pub(crate) use form::{FormState, IslandForm};
pub(crate) use icon::{Icon, IconOf, IconSheet, Shape};
pub(crate) use measure::{bytes, bytes_exact, count, duration, grouped, iso_duration, wait};
pub(crate) use moment::{Moment, Time};
pub(crate) use new_password::NewPasswordFields;
pub(crate) use notice::{Message, NoticeBox};
pub(crate) use pagination::Pagination;
pub(crate) use password::PasswordField;
pub(crate) use print::PrintButton;
pub(crate) use submit::Submit;
pub(crate) use text::{prose, visible};
