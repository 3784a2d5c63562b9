//! What every store must do, written once against [`Store`].
//!
//! A backend implements [`Harness`] in its own tests and calls [`store_contract!`], which makes one
//! test of every clause.
//!
//! [`store_contract!`]: crate::store_contract

pub mod accounts;
pub mod audit;
pub mod changes;
pub mod endings;
pub mod erasure;
pub mod first_admin;
pub mod grants;
pub mod imports;
pub mod keys;
pub mod listing;
pub mod log;
pub mod model;
pub mod nodes;
pub mod passwords;
pub mod races;
pub mod reach;
pub mod sessions;
mod world;

use std::sync::Arc;

use async_trait::async_trait;
use symbolon_core::store::{LogObserver, Store};

pub use self::world::{Made, World};

/// How the suite reaches one backend.
#[async_trait]
pub trait Harness: Sized + Send + Sync + 'static {
    /// A new and empty store.
    async fn empty(observer: Arc<dyn LogObserver>) -> Self;

    /// The store.
    fn store(&self) -> Arc<dyn Store>;

    /// What a new process would find if this one were killed now: nothing is flushed or closed
    /// before. The old store is not used again.
    async fn after_crash(self, observer: Arc<dyn LogObserver>) -> Self;

    /// The audit trail, oldest first.
    async fn audit_trail(&self) -> Vec<AuditRow>;
}

/// One row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Who, as text.
    pub actor: String,
    /// What.
    pub action: String,
    /// On what: kind and id, with a colon.
    pub target: String,
    /// Why.
    pub reason: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
}

/// Makes one test of every clause of the store contract.
#[macro_export]
macro_rules! store_contract {
    ($harness:ty) => {
        $crate::store_contract!(@group $harness, accounts:
            is_found_by_everything_that_names_it,
            a_held_identifier_is_refused,
            a_taken_subject_makes_nothing,
            enabling_brings_nothing_back,
            a_profile_is_changed_and_other_claims_stay,
            a_hash_is_upgraded_only_at_its_version,
            roles_come_back_as_they_were_put,
        );
        $crate::store_contract!(@group $harness, listing:
            accounts_are_listed_in_the_order_of_their_ids,
            accounts_are_found_by_how_their_names_begin,
            a_list_by_names_goes_on_from_its_own_accounts_alone,
            a_listed_account_is_whole,
        );
        $crate::store_contract!(@group $harness, first_admin:
            the_first_admin_is_claimed_once,
            an_admin_who_cannot_log_in_does_not_count,
            a_setup_code_is_kept_until_it_expires,
            a_claimed_identifier_leaves_the_code,
        );
        $crate::store_contract!(@group $harness, sessions:
            a_session_is_found_by_its_cookie_at_its_origin,
            every_field_comes_back,
            uses_are_written_once_a_minute_and_never_backwards,
            the_place_of_the_last_use_is_noted_with_it,
            a_dead_session_is_found_and_not_revived,
            nothing_is_made_for_an_account_that_is_not_active,
            nothing_is_made_after_the_password_changed,
            the_oldest_makes_room,
            the_replaced_one_ends,
            a_cookie_is_never_adopted,
            live_ones_are_listed_newest_first,
            dead_ones_are_purged_in_bounds,
        );
        $crate::store_contract!(@group $harness, grants:
            a_rotation_moves_the_counter_by_one,
            a_replay_is_idempotent_within_its_window,
            the_window_does_not_slide,
            a_spent_token_ends_the_grant,
            reuse_can_end_the_session,
            generations_that_never_were,
            nothing_dead_is_rotated,
            an_offline_grant_outlives_its_session,
            parallel_uses_agree,
            uses_that_come_together_are_decided_one_by_one,
            a_crash_loses_no_answer,
        );
        $crate::store_contract!(@group $harness, endings:
            ending_a_session_writes_one_entry,
            only_the_owner_ends_a_session,
            ending_twice_writes_nothing,
            what_died_lately_is_named_what_died_long_ago_is_not,
            all_sessions_but_one,
            a_grant_ends_alone,
            a_disabled_account_has_nothing_left,
            unknown_nodes_are_not_found,
            audit_rows_tell_who_and_why,
            everything_ends_in_pages,
        );
        $crate::store_contract!(@group $harness, erasure:
            an_erased_account_is_gone_but_for_its_id_and_subject,
            nothing_is_done_to_an_erased_account,
            the_last_admin_is_not_erased,
            traces_are_known_until_they_are_removed,
            a_dossier_has_everything_of_one_account,
        );
        $crate::store_contract!(@group $harness, imports:
            an_imported_account_is_as_it_was,
            what_is_there_is_not_changed_by_an_import,
            a_dry_run_imports_nothing,
        );
        $crate::store_contract!(@group $harness, reach:
            what_is_told_before_is_what_ends,
            only_ones_own_is_told,
            access_tokens_count_until_they_have_expired,
        );
        $crate::store_contract!(@group $harness, changes:
            a_token_is_revoked_until_it_expires,
            a_client_loses_all_its_grants,
            a_revoked_key_is_gone_and_replaced,
            roles_bump_versions,
            the_last_active_admin_stays,
        );
        $crate::store_contract!(@group $harness, passwords:
            a_new_password_ends_everything,
            the_kept_session_goes_by_new_things,
            a_stale_password_change_changes_nothing,
            an_account_without_password_gets_one,
        );
        $crate::store_contract!(@group $harness, keys:
            initial_keys_are_kept_once,
            there_is_one_next_key,
            a_next_key_is_promoted_once,
            a_retired_key_is_gone_in_the_end,
            server_secrets_are_added,
        );
        $crate::store_contract!(@group $harness, log:
            an_empty_log_has_an_origin,
            entries_are_read_in_order_and_pages,
            entries_are_read_from_the_end,
            numbers_are_not_used_twice,
            old_entries_are_forgotten_but_the_last,
            the_highest_lifetime_of_a_day_counts,
            the_latest_moment_is_kept,
            a_crash_keeps_log_and_epoch,
            another_epoch_begins_once,
            it_can_be_written_to,
        );
        $crate::store_contract!(@group $harness, nodes:
            a_lease_has_one_holder,
            a_lease_that_is_over_is_anybodys,
            a_lease_that_is_given_back_is_free_at_once,
        );
        $crate::store_contract!(@group $harness, audit:
            the_trail_is_read_from_the_end_in_pages,
            the_trail_is_filtered_by_action_and_target,
        );
        $crate::store_contract!(@group $harness, races:
            disabling_leaves_nothing_alive,
            a_new_password_leaves_nothing_alive,
            ending_all_sessions_ends_what_was_there,
            ending_a_session_ends_its_grants,
            the_log_is_prefix_closed_for_every_reader,
            one_first_admin,
            one_holder_of_a_name,
        );

        mod model {
            use super::*;

            #[test]
            fn random_sequences_agree_with_the_model() {
                $crate::contract::model::random_sequences_agree_with_the_model::<$harness>();
            }
        }
    };
    (@group $harness:ty, $group:ident: $($clause:ident),+ $(,)?) => {
        mod $group {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $clause() {
                    $crate::contract::$group::$clause::<$harness>().await;
                }
            )+
        }
    };
}
