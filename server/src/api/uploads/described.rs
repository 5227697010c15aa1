//! Uploads in the OpenAPI document: their parameters, and what all of their answers have in common.

#![expect(
    dead_code,
    reason = "the structures describe headers and parts of addresses that the handlers read themselves"
)]

use utoipa::IntoParams;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{OpenApi, RefOr, Required};
use uuid::Uuid;

use crate::api::v1::document::{as_problems, describe};

/// Headers of a file in one request.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct WholeHeaders {
    /// Of the bytes, `sha-256` or `sha-512` (RFC 9530); other sums are passed over. With it, nothing but these bytes is
    /// taken.
    #[param(
        rename = "Content-Digest", value_type = String, required = false,
        pattern = "^[a-z*][a-z0-9_.*-]*=:[A-Za-z0-9+/]*={0,2}:([ \\t]*,[ \\t]*[a-z*][a-z0-9_.*-]*=:[A-Za-z0-9+/]*={0,2}:)*$",
        example = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    )]
    content_digest: Option<String>,
}

/// One upload.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct One {
    /// Id of the upload, as `Location` has it.
    upload: Uuid,
}

/// What every request of the protocol says.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct Version {
    /// The version of the protocol: 1.0.0.
    #[param(rename = "Tus-Resumable", pattern = "^1\\.0\\.0$", example = "1.0.0")]
    tus_resumable: String,
}

/// How an upload begins.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct Beginning {
    /// Bytes of the file.
    #[param(rename = "Upload-Length", value_type = u64, required = false, minimum = 1, maximum = 9_223_372_036_854_775_807_u64)]
    length: Option<u64>,
    /// 1 in place of `Upload-Length`: the length is said later.
    #[param(rename = "Upload-Defer-Length", value_type = String, required = false, pattern = "^1$", example = "1")]
    defer_length: Option<String>,
    /// Pairs of a name and a value in base64, with a blank between and a comma after each: `filename`, `room`,
    /// `conference_number` (or `session`), `kind`, `title`, `started_at`, `ended_at`, `external_id`, `secure` and `project`, as they are
    /// for a file in one request. Only `filename` (or `name`) is needed. At most 8 KiB.
    #[param(
        rename = "Upload-Metadata",
        pattern = "(^|,)[ \\t]*(filename|name) [ \\t]*[A-Za-z0-9+/]+={0,2}[ \\t]*(,|$)",
        example = "filename Ym9hcmQubXA0,room Ym9hcmQ=,conference_number OTExNDA1MjMxNDU5"
    )]
    metadata: String,
}

/// How an upload goes on.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct Further {
    /// Where the bytes begin: where the upload is.
    #[param(
        rename = "Upload-Offset",
        minimum = 0,
        maximum = 9_223_372_036_854_775_807_u64
    )]
    upload_offset: u64,
    /// Bytes of the file, where they were not said before.
    #[param(rename = "Upload-Length", value_type = u64, required = false, minimum = 0, maximum = 9_223_372_036_854_775_807_u64)]
    upload_length: Option<u64>,
}

/// A sum over the bytes of one request.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct Sum {
    /// Of the bytes of this request: `sha1` or `sha256`, a blank, and the sum in base64.
    #[param(
        rename = "Upload-Checksum", value_type = String, required = false,
        pattern = "^(sha1 [A-Za-z0-9+/]{27}=|sha256 [A-Za-z0-9+/]{43}=)$",
        example = "sha1 Lve95gjOVATpfV8EL5X4nxwjKHE="
    )]
    upload_checksum: Option<String>,
}

/// Another method than POST.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct Override {
    /// The method that is meant: HEAD, PATCH or DELETE.
    #[param(
        rename = "X-HTTP-Method-Override",
        pattern = "^(HEAD|PATCH|DELETE)$",
        example = "PATCH"
    )]
    method: String,
    /// With PATCH, which needs it: where the bytes begin.
    #[param(rename = "Upload-Offset", value_type = u64, required = false, minimum = 0, maximum = 9_223_372_036_854_775_807_u64)]
    upload_offset: Option<u64>,
    /// With PATCH: bytes of the file, where they were not said before.
    #[param(rename = "Upload-Length", value_type = u64, required = false, minimum = 0, maximum = 9_223_372_036_854_775_807_u64)]
    upload_length: Option<u64>,
}

/// Ways in which anybody may be refused.
const ALWAYS: &[(&str, &str)] = &[
    (
        "400",
        "The request cannot be read, or holds a secret in its address",
    ),
    ("500", "Something went wrong in the server"),
    ("503", "The server is not available now"),
];

/// Ways in which whoever needs a secret may be refused, too.
const OF_SENDERS: &[(&str, &str)] = &[
    (
        "401",
        "The API identifier and secret are missing, wrong or revoked",
    ),
    (
        "403",
        "The secret may not write, its address is not allowed, or the request was not encrypted",
    ),
    (
        "429",
        "The requests of this hour are used up, or too many wrong secrets came from there",
    ),
];

/// Adds to each operation what it has in common with the others.
pub(super) fn finish(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        let is_tus = !path.contains("{name}");
        let may_be_empty = path == "/uploads";
        let with_bodies = [
            &mut item.put,
            &mut item.get,
            &mut item.patch,
            &mut item.delete,
            &mut item.post,
        ];
        for operation in with_bodies.into_iter().flatten() {
            refuse(operation, true);
            require(operation, may_be_empty);
        }
        if let Some(operation) = &mut item.head {
            refuse(operation, false);
        }
        if let Some(operation) = &mut item.options {
            as_problems(operation, ALWAYS, true);
        }
        let all = [
            &mut item.put,
            &mut item.get,
            &mut item.patch,
            &mut item.delete,
            &mut item.post,
            &mut item.head,
            &mut item.options,
        ];
        for operation in all.into_iter().flatten().filter(|_| is_tus) {
            say_version(operation);
        }
    }
    document
}

fn refuse(operation: &mut Operation, has_body: bool) {
    as_problems(operation, ALWAYS, has_body);
    as_problems(operation, OF_SENDERS, has_body);
    if operation.request_body.is_some() {
        let broken_off = (
            "408",
            "The bytes did not come to their end, or stood still for a minute",
        );
        as_problems(operation, &[broken_off], has_body);
    }
}

fn require(operation: &mut Operation, may_be_empty: bool) {
    let is_override = operation.operation_id.as_deref() == Some("overrideMethodOfUpload");
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.required = Some(if may_be_empty || is_override {
            Required::False
        } else {
            Required::True
        });
    }
}

/// Every answer of the protocol says which version it is.
fn say_version(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            describe(response, ("Tus-Resumable", Type::String, "1.0.0"));
        }
    }
}
