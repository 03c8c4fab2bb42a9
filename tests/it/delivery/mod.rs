//! The engine, through the public door. One scenario per file.

mod clocks_differ;
mod connections_are_cut;
mod connections_fall_silent;
mod database_read_only;
mod descriptors_run_out;
mod disk_full;
mod domain_rate;
mod further_wave;
mod kill_harness;
mod killed;
mod kills;
mod letter_comes_back;
mod outcomes_are_refused;
mod pauses_at_once;
mod postgres_fails_over;
mod postgres_restarts;
mod provider_answers_after_the_lease;
mod provider_never_answers;
mod provider_talks_nonsense;
mod second_process_on_one_file;
mod stopped_while_the_database_is_away;
mod urgent_first;
mod worker_stalls;
mod workers_are_killed;
mod workers_share;
