//! Random programs in any two tiers, in real memory, with faults: what proves a tier.
//!
//! [`run`] takes one program through a pair of tiers and compares everything at every stop. A [`campaign`] does
//! so for many seeds, shrinks what differs, names the row and counts what was reached; its [`Report`] can be
//! merged with others of the same campaign, spread over machines by shards. It also says which rows each tier executed, and
//! which of them as host code.

mod campaign;
mod reached;
mod report;
mod room;
mod run;
mod told;

pub use campaign::{Plan, PlanError, Shard, campaign, campaign_of, sides};
pub use reached::{By, Reached};
pub use report::{Find, Met, Report, ReportError};
pub use run::{Parted, Ran, Tried, run};
pub use told::{html, junit, table, text};
