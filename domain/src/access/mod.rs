//! Who may open which session file, at a moment: the one decision of the gate and of the pages that tell people about it.
//!
//! [`decide::decide`] is the table. Nothing else decides: the gate asks it for each request.

pub mod decide;

/// How a caller is answered when it has no valid proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// Has a dialog for user name and password.
    Browser,
    /// A program that waits for a 401 before it sends what it has.
    ChallengeFirst,
    /// Every other program.
    Program,
}
