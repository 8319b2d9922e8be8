//! License validation: an ordered procedure whose first matching step gives the answer (spec 05 §3.2–3.5).
//!
//! The procedure is pure. A caller loads the license and its policy, asks [`needs`] what else the answer can depend
//! on, looks exactly that up into [`Lookups`], and calls [`decide`]. What [`needs`] leaves out may stay at its
//! default: it changes nothing. A caller that wants to look things up along with the license starts from
//! [`Needs::of_scope`], which covers every policy.

mod facts;
mod leasing;
mod matching;
mod needs;
mod outcome;
mod overage;
mod scope;
#[cfg(test)]
mod tests;
mod versions;

use jiff::Timestamp;

pub use self::facts::{Counters, LicenseFacts, Lookups, MachineFacts, PolicyFacts, RequiredScopes, Subject};
pub use self::needs::{ComponentsOf, Needs, needs};
pub use self::outcome::{Code, Outcome};
pub use self::scope::{Mode, Scope, UserName};
pub use self::versions::DOWNGRADES;

use self::outcome::{Finding, Step, Verdict, refuse_if};
use super::expiry::is_expired;
use crate::domain::policy::strategies::ExpirationStrategy;

/// Validates a license.
#[must_use]
pub fn decide(subject: &Subject, mode: Mode<'_>, now: Timestamp) -> Outcome {
    let mut release = scope::MatchedRelease::default();
    let verdict = procedure(subject, mode, now, &mut release).break_value().unwrap_or(Verdict::VALID);
    Outcome {
        valid: verdict.valid,
        code: verdict.finding.code,
        detail: verdict.finding.detail,
        checksum: release.checksum,
        version: release.version,
    }
}

/// The steps in their order. Past the last, the license is valid.
fn procedure(subject: &Subject, mode: Mode<'_>, now: Timestamp, release: &mut scope::MatchedRelease) -> Step {
    refuse_if(subject.found.owner_banned, Finding::BANNED)?;
    standing(&subject.license, &subject.policy, now)?;
    if let Mode::Scoped(scope) = mode {
        scope::check(subject, scope, now, release)?;
    }
    overage::users(subject)?;
    if subject.policy.strict {
        overage::machines(subject)?;
        overage::resources(subject)?;
        overage::processes(subject, mode, now)?;
    }
    expiration(subject, now)
}

/// The steps before the scopes that look at nothing but the license and its policy.
fn standing(license: &LicenseFacts, policy: &PolicyFacts, now: Timestamp) -> Step {
    refuse_if(license.suspended, Finding::SUSPENDED)?;
    let revokes = ExpirationStrategy::effective(policy.expiration_strategy) == ExpirationStrategy::RevokeAccess;
    refuse_if(revokes && is_expired(license.expiry, now), Finding::EXPIRED)?;
    refuse_if(policy.check_in.is_overdue(license.last_check_in, now), Finding::OVERDUE)
}

/// The last step: an expired license, which its policy may still call valid.
fn expiration(subject: &Subject, now: Timestamp) -> Step {
    if !is_expired(subject.license.expiry, now) {
        return Step::Continue(());
    }
    let valid = ExpirationStrategy::effective(subject.policy.expiration_strategy).keeps_validity();
    Step::Break(Verdict { valid, finding: Finding::EXPIRED })
}
