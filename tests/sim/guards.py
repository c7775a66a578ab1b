#!/usr/bin/env python3
"""guards.py BUILD [WORD] - takes each guard that loop_test, links_loop_test and policy_change_test are about out of the programs in turn, and sees its schedule fail.

A guard is one line of a source, named here with the schedule that must miss it. The source is changed in a copy, compiled by the build's own command and linked
into a program of its own. A line that is not found any more fails, so that this list keeps up with the code.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

STEP, TAKEOVER, JUDGE, COMMIT, LINKS, READ_BACK = "tickets/step.c", "tickets/takeover.c", "tickets/judge.c", "tickets/commit.c", "tickets/links.c", "tickets/read_back.c"

# schedule, source, what stands there, what is put in its place
GUARDS = [
    ("a_stalled_former_owner_changes_nothing", STEP, 'redis_begin(shard->redis, "WATCH");', 'redis_begin(shard->redis, "EXISTS");'),
    ("a_stalled_former_owner_takes_nothing_for_broken", STEP, "shard->phase != PHASE_AWAY && has_other_owner(shard)", "false && has_other_owner(shard)"),
    ("a_commit_did_not_go_through_and_nobody_says_so", TAKEOVER, "	pages_clear(shard->pages);\n", ""),
    ("a_commit_did_not_go_through_and_nobody_says_so", TAKEOVER, "	cells_clear(shard->cells);\n", ""),
    ("a_commit_did_not_go_through_and_nobody_says_so", "tickets/loop.c",
     "status = kafka_seek(loop->consumer, shard_topic(place->shard), shard_partition(place->shard), shard_offset(place->shard), error);", "status = OK;"),
    ("an_alert_that_a_rollback_took_back_is_retracted", READ_BACK, "return shard->is_live && shard->head.offset >= shard->read_back_at ? 0 : NEVER_MS;", "return NEVER_MS;"),
    ("an_alert_of_a_lost_state_is_retracted_though_it_comes_late", READ_BACK, "? clock_monotonic_ms() + SHARD_LATE_LOOK_MS : NEVER_MS;", "? NEVER_MS : NEVER_MS;"),
    ("the_last_look_is_taken_by_somebody", READ_BACK, "shard->is_telling = shard->read_back_at < 0 && shard->life[0];", "shard->is_telling = shard->life[0];"),
    ("all_is_compared_before_it_is_told", COMMIT, "if (!shard->is_telling || shard->sent_alerts)", "if (!shard->is_telling)"),
    ("an_alert_is_retracted_though_an_older_record_came_later", TAKEOVER, "text_equal(reply_text(reply), text_of(shard->life))", "reply_text(reply).size"),
    ("an_alert_of_a_lost_month_is_retracted_though_it_comes_late", "units/loop_pass.c", ": loop->now_ms >= loop->late_look_ms &&", ": false &&"),
    ("an_alert_that_a_rollback_took_back_is_retracted_though_it_is_long_under_way", READ_BACK, " || shard->settings->outlet->orphans)", ")"),
    ("an_alert_is_retracted_though_an_older_record_came_later", READ_BACK, "if (is_new || alert->revision > *newest)", "if (true)"),
    ("duty_does_not_depend_on_which_marks_came_in_one_step", STEP, "	shard_seed_event(shard, clock_ms);", ""),
    ("totals_that_lost_other_seconds_are_summed_again", "units/loop_kafka.c", "enum status loop_go_back(struct loop *loop, struct error *error)\n{\n",
     "enum status loop_go_back(struct loop *loop, struct error *error)\n{\n	if (loop->consumer)\n		return OK;\n"),
    ("a_change_survives_a_crash_between_commit_and_sending", TAKEOVER, "status = load_changes(shard, error);", "status = OK; (void)load_changes;"),
    ("a_crash_between_two_chunks_of_timers_loses_and_doubles_nothing", JUDGE, "judge_at(shard, subject, old_policy, subject->ticket->clock_ms,",
     "judge_at(shard, subject, old_policy, shard->head.clock_ms,"),
    ("a_crash_between_two_chunks_of_timers_loses_and_doubles_nothing", COMMIT, "	int64_t hour = due_queue_finished_hour(shard->due);",
     "	int64_t hour = (due_queue_finished_hour(shard->due), shard->read_hour - 1);"),
    ("commit_numbers_that_repeat_after_a_rollback_mislead_nobody", TAKEOVER, "shard->head.owner = clock_random_id();", "shard->head.owner = 1;"),
    ("a_link_is_not_lost_in_a_crash", STEP, "		if (relay_has_letters(shard->relay))\n			return OK;\n", ""),
    ("a_link_that_a_rollback_took_back_is_gone", JUDGE, "struct links links = is_about_links ? links_of(ticket, shard->settings->names) : (struct links)",
     "is_about_links = is_about_links && (number + 1 == shard->batch_count || !shard->incoming[number + 1].key.size); struct links links = (struct links)"),
    ("the_newest_word_holds", LINKS, "&word->precedence, word->revision, room)", "&word->precedence, 1, room)"),
    ("the_newest_word_holds", JUDGE, "&links, ticket, message->offset);", "&links, ticket, 1);"),
    ("links_are_gathered_while_a_rule_uses_them", JUDGE, "policy->uses_links && !old_policy->uses_links)", "false)"),
    ("links_are_gathered_while_a_rule_uses_them", LINKS, "!before->is_there && !shard->policy->policy.uses_links", "!shard->policy->policy.uses_links"),
    ("links_are_gathered_while_a_rule_uses_them", LINKS, "!before->is_there && !shard->policy->policy.uses_links", "false"),
    ("links_are_found_in_rows_that_were_split", TAKEOVER, "status = load_rows(shard, error);", "status = OK; (void)load_rows;"),
    ("links_are_found_in_rows_that_were_split", COMMIT, "	write_rows(shard);\n", "	(void)write_rows;\n"),
    ("links_are_found_in_rows_that_were_split", LINKS, "		write_shelf(shard, split->from, shelf);\n", ""),
    ("rows_that_redis_lost_stop_the_program", TAKEOVER, "	if (status == OK && shard->rows.count != shard->head.rows)\n", "	if (false)\n"),
    ("rows_that_a_rollback_took_back_are_split_again", TAKEOVER, "	shard_drop_rows(shard);\n", ""),
    ("hotline_tickets_dies_while_rows_are_split", LINKS, "		write_shelf(shard, split->to, &other);\n", ""),
    ("a_dead_letter_is_not_lost_in_a_crash", STEP, "		if (relay_has_letters(shard->relay))\n			return OK;\n", ""),
    ("a_missing_head_with_history_stops_the_program", TAKEOVER, "	if (committed >= 0)\n", "	if (false)\n"),
    ("a_missing_head_with_other_keys_stops_the_program", TAKEOVER, "if (status == OK && reply_integer(reply))", "if (false)"),
    ("a_missing_chunk_of_changes_stops_the_program", TAKEOVER, "		if (status == OK && reply_type(reply) == REPLY_NIL)\n", "		if (false)\n"),
    ("a_deadline_does_not_wait_for_events", STEP, "shard->end_reached_ms = shard->end_seen_ms;", "shard->end_reached_ms = 0;"),
    ("nothing_is_written_over_and_over_though_the_wall_clock_went_back", STEP, "due_hour_of(wall_ms) > due_hour_of(", "wall_ms && due_hour_of(wall_ms) != due_hour_of("),
    ("a_rest_begins_no_chunk_of_changes", COMMIT, "	drop_chunks(shard);\n", "	drop_chunks(shard);\n	turn_chunk(shard);\n"),
    ("a_changed_number_of_partitions_stops_the_program", TAKEOVER, "if (head->partitions != shard->partitions)", "if (false)"),
    ("an_alert_survives_a_crash_between_commit_and_sending", TAKEOVER, "status = load_outbox(shard, error);", "status = OK; (void)load_outbox;"),
    ("an_alert_survives_a_crash_between_commit_and_sending", STEP, "		if (record.kind == OUTBOX_SUBJECT)\n", "		if (record.kind == 0)\n"),
    ("a_retraction_survives_a_crash_between_commit_and_sending", JUDGE, "	say_messages(shard);", "	(void)say_messages;"),
    ("a_late_alert_of_a_former_owner_does_no_harm", JUDGE, "	return *newest = shard->head.revision = revision;", "	return 1;"),
    ("a_pass_survives_a_crash_between_commit_and_sending", "units/loop_pass.c", "	courier_begin(&loop->courier,", "	loop_commit(loop);\n	courier_begin(&loop->courier,"),
    ("a_pass_survives_a_crash_between_commit_and_sending", "units/pass_read.c", "outgoing_add(&pass->outgoing, OUTGOING_ALERT, alert.id, value);", ""),
    ("sums_of_a_new_process_are_news_though_the_wall_clock_went_back", "units/loop_kafka.c",
     "	if (stamped_us > loop->stamped_us)\n", "	if (false)\n"),
    ("a_lost_zero_is_said_again_though_the_wall_clock_went_back", "units/loop_kafka.c",
     "bool is_again = message->offset < loop->partition[message->partition].again_before;", "bool is_again = false;"),
    ("links_are_told_though_the_wall_clock_went_back", JUDGE, "status != OK || ret_event->type == EVENT_LINKED)", "status != OK)"),
    ("a_month_ends_for_all_when_the_last_shard_passes", "units/loop_kafka.c",
     "bool is_waiting = loop->is_ahead || months_has_over(&loop->months, loop->clock_month);", "bool is_waiting = false;"),
    ("alerts_after_a_rollback_are_news_though_the_wall_clock_went_back", JUDGE, "	revision = revision > *newest ? revision : *newest + 1;\n", ""),
    ("a_stalled_pass_writes_nothing_old", "units/pass_read.c", 'redis_begin(pass->redis, "WATCH");', 'redis_begin(pass->redis, "EXISTS");'),
]


def program_of(schedule):
    """Whose schedule it is."""
    here = os.path.dirname(os.path.abspath(__file__))
    for name in ("loop_test", "links_loop_test", "policy_change_test"):
        with open(os.path.join(here, f"{name}.c"), encoding="utf-8") as file:
            if f"cmocka_unit_test({schedule})" in file.read():
                return name
    raise SystemExit(f"nobody plays {schedule}")


def commands(build, program):
    """The commands that make the program: by object file, and the one that links."""
    text = subprocess.run(["ninja", "-C", build, "-t", "commands", program], check=True, capture_output=True, text=True).stdout
    compiling, linking = {}, None
    for line in text.splitlines():
        found = re.search(r" -o (\S+)( |$)", line)
        if found and " -c " in line:
            compiling[found.group(1)] = line
        elif found and found.group(1).endswith(f"/{program}"):
            linking = line
    return compiling, linking


def object_of(compiling, source):
    program, name = source.split("/")
    ends = f"small/{program}/{name}.o"
    return next(target for target in compiling if target.endswith(ends))


def break_guard(build, work, number, guard):
    """Returns a program without the guard."""
    schedule, source, there, instead = guard
    name = program_of(schedule)
    compiling, linking = commands(build, name)
    target = object_of(compiling, source)
    words = shlex.split(compiling[target])
    original = os.path.join(build, words[words.index("-c") + 1])
    with open(original, encoding="utf-8") as file:
        text = file.read()
    if text.count(there) != 1:
        raise SystemExit(f"{source}: {text.count(there)} times in it, not once: {there}")
    directory = os.path.join(work, str(number))
    os.mkdir(directory)
    broken = os.path.join(directory, os.path.basename(original))
    with open(broken, "w", encoding="utf-8") as file:
        file.write(text.replace(there, instead))
    words[words.index("-c") + 1] = broken
    made = os.path.join(directory, "broken.o")
    words[words.index("-o") + 1] = made
    for option in ("-MF", "-MT"):
        if option in words:
            words[words.index(option) + 1] = os.path.join(directory, "broken.d")
    subprocess.run(words + ["-w", "-I", os.path.dirname(original)], cwd=build, check=True)
    program = os.path.join(directory, name)
    linked = linking.replace(f" {target} ", f" {made} ").replace(f" -o tests/sim/{name} ", f" -o {program} ")
    subprocess.run(linked, shell=True, cwd=build, check=True)
    return program


def main():
    build = os.path.abspath(sys.argv[1])
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    missed = 0
    with tempfile.TemporaryDirectory() as work:
        for number, guard in enumerate(GUARDS):
            if wanted not in guard[0]:
                continue
            program = break_guard(build, work, number, guard)
            result = subprocess.run([program, guard[0]], capture_output=True, text=True, check=False)
            found = result.returncode != 0
            missed += not found
            print(f"{'seen  ' if found else 'MISSED'} {guard[0]} without {guard[3].strip() or guard[2].strip()!r} in {guard[1]}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
