//! The closed sets of the log in words for people: what came of a request, why, and what to do about it.

use domain::access_log::Reason;

/// Why a file was refused, in a few words.
pub(crate) const fn title(reason: Reason) -> &'static str {
    match reason {
        Reason::NoProof => "No user name and password",
        Reason::UnknownName => "Unknown user name",
        Reason::WrongPassword => "Wrong password",
        Reason::CredentialExpired => "Credential expired",
        Reason::CredentialRevoked => "Credential revoked",
        Reason::AddressNotAllowed => "Address not allowed",
        Reason::BrowserAccessEnded => "Browser access ended",
        Reason::UnreadableProof => "Unreadable Authorization",
        Reason::LinkEnded => "Link has ended",
        Reason::WrongLink => "Wrong link",
        Reason::UnreadableToken => "Unreadable token",
        Reason::UnknownKey => "Unknown key",
        Reason::WrongSignature => "Wrong signature",
        Reason::WrongClaims => "Wrong claims in the token",
        Reason::WrongIssuer => "Token for another account",
        Reason::TokenExpired => "Token expired",
        Reason::TokenNotYetValid => "Token not yet valid",
        Reason::KeyEnded => "Key replaced",
        Reason::KeyRevoked => "Key revoked",
        Reason::Throttled => "Too many wrong guesses",
        Reason::Role => "Role may not open files",
        Reason::NoSuchFile => "No such file",
        Reason::OtherAccount => "Another account's caller",
        Reason::Expired => "File expired",
        Reason::Trashed => "File in the trash",
        Reason::Deleted => "File deleted",
        Reason::NotInVault => "File missing on the server",
        Reason::Method => "Not a download",
        Reason::Precondition => "Condition not met",
        Reason::Range => "Past the end of the file",
        Reason::Unavailable => "Server busy",
        Reason::Failed => "Server error",
    }
}

/// What to do about it (X13).
pub(super) const fn advice(reason: Reason) -> &'static str {
    match reason {
        Reason::NoProof => {
            "The caller sent none. Many programs ask once without them and then get the file: only if no grant follows, \
             set the access user name and password in the program."
        }
        Reason::UnknownName => {
            "No credential has this user name. Copy it again from Settings > Recording; capitals count."
        }
        Reason::WrongPassword => {
            "The password is not right. If it was changed, this program still uses the old one: give it the new one. \
             Settings > Test a credential says what is wrong with what a program sends."
        }
        Reason::CredentialExpired => {
            "The credential is past its last day. An owner or admin can choose a later one under Settings > Recording."
        }
        Reason::CredentialRevoked => {
            "Somebody revoked this credential, and a program still uses it. Give it another one."
        }
        Reason::AddressNotAllowed => {
            "The credential is bound to other addresses. If this one is yours, an owner or admin can add it under \
             Settings > Recording."
        }
        Reason::BrowserAccessEnded => {
            "Browser access was ended, so the browser has to ask its user again. Nothing needs to be done."
        }
        Reason::UnreadableProof => {
            "The request's Authorization is not HTTP Basic, or is damaged. Let the program send user name and password \
             with Basic, once."
        }
        Reason::LinkEnded => {
            "A link that an application asked for opens its file for ten minutes, and not after its API secret is revoked. \
             Let the application ask for a new one."
        }
        Reason::WrongLink => {
            "The token in the address was not made for this file, or was changed on its way. Let the application ask for \
             a new link."
        }
        Reason::UnreadableToken => {
            "What came as a token is none, or its header says how it is to be judged. Let the program sign it with \
             RS256, as Settings > Service accounts shows."
        }
        Reason::UnknownKey => {
            "No service account has the key that the token names. Give the program the file of a service account of \
             this account."
        }
        Reason::WrongSignature => {
            "The key that the token names did not sign it. The private key and the key id of the program are not of \
             one file: give it a whole new file."
        }
        Reason::WrongClaims => {
            "The token was signed, but says too little or too much. It needs iss, iat and exp, lives an hour at most, \
             and names no other audience."
        }
        Reason::WrongIssuer => {
            "The token names an account that is neither the key's own nor a child of it. The issuer must be the \
             account_id of the file."
        }
        Reason::TokenExpired => {
            "The token's time is over. Let the program sign a new one for each download, and check the clock of its \
             machine."
        }
        Reason::TokenNotYetValid => {
            "The token's time has not come: the clock of the program's machine is more than a minute fast."
        }
        Reason::KeyEnded => {
            "The service account was rotated, and a program still uses the old key. Give it the new file."
        }
        Reason::KeyRevoked => {
            "Somebody revoked this key, and a program still uses it. Give it the file of another service account."
        }
        Reason::Throttled => {
            "So many wrong guesses came before that this one was turned away. Correct the password or token first; then \
             wait a minute."
        }
        Reason::Role => {
            "Logs, chat, metadata and captions need a role. An owner or admin can give the service account one, or the \
             member another."
        }
        Reason::NoSuchFile => {
            "The caller may open this account's files, but the address is not right. Copy it again from the Recordings report."
        }
        Reason::OtherAccount => {
            "User name and password are those of another account. Give the program the ones of this account."
        }
        Reason::Expired => {
            "The project's retention has ended this file. An owner or admin can change how long the next ones are kept."
        }
        Reason::Trashed => {
            "Somebody moved this file to the trash. An owner or admin can restore it there while its bytes are kept."
        }
        Reason::Deleted => {
            "This file's bytes were deleted for good. Its tombstone in the project's trash says who did it, when and why."
        }
        Reason::NotInVault => {
            "The file is known, but its bytes are missing or damaged. Whoever runs the server finds it in the log, and \
             can restore it from a backup."
        }
        Reason::Method => "Files can only be read. Let the program use GET or HEAD.",
        Reason::Precondition => {
            "The caller wanted the file only if it is the one it has, and it is not. Let the program fetch it anew."
        }
        Reason::Range => {
            "The caller asked for a part that the file does not have. Usually its own copy is complete already, or of \
             another file: delete it and download again."
        }
        Reason::Unavailable => {
            "The database was away, or too many passwords were being checked. Try again; if it comes often, whoever runs \
             the server should know."
        }
        Reason::Failed => {
            "Something went wrong. Whoever runs the server finds the cause in its log."
        }
    }
}

/// How a caller proved itself.
pub(super) fn proof(text: &str) -> &str {
    match text {
        "nothing" => "no proof",
        "basic" => "user name and password",
        "cookie" => "signed in",
        "link" => "link of an application",
        "bearer" => "token",
        "other" => "unreadable proof",
        // A newer version of the program wrote it.
        other => other,
    }
}
