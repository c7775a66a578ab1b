"""mutant_list.py - the mutants: a source, a line of it or a part of one, and what is put in its place. Each is a mistake that somebody could make."""
FACTS, ASSESS, TICKET, CALENDAR, COUNTERS = "common/facts.c", "common/assess.c", "common/ticket.c", "common/calendar.c", "common/counters.c"
CELLS, PAGE, DUE, JUDGEMENT, TOTALS, EVENT = "common/cells.c", "common/page.c", "common/due.c", "common/judgement.c", "common/totals.c", "common/event.c"
STEP, COMMIT, TAKEOVER, JUDGE, RELAY, LINKS = (f"consumers/tickets/{name}.c" for name in ("step", "commit", "takeover", "judge", "relay", "links"))
SHELF_ROWS = "common/shelf_rows.c"
PASS, PASS_READ, PASS_WRITE = (f"consumers/units/{name}.c" for name in ("pass", "pass_read", "pass_write"))


def rule(name):
    return f"common/rules/{name}.c"


MUTANTS = [
    # What the events say.
    (FACTS, "	if (!facts->is_received) {", "	if (true) {"),
    (FACTS, "	if (holder && holder->unit == event->unit) {  // an extension", "	if (holder) {"),
    (FACTS, "		end_leg(holder, LEG_MOVED, event);", "		end_leg(holder, LEG_RETURNED, event);"),
    (FACTS, "	else if (first && facts->version->redispatch_continues)", "	else if (first)"),
    (FACTS, "	if (!holder && facts->standing)", "	if (false)"),
    (FACTS, "	facts->late[facts->late_count++] = ", "	facts->late[0] = "),
    (FACTS, "	if (event->reopen != ANSWER_YES || !facts->standing)", "	if (event->reopen == ANSWER_NO || !facts->standing)"),
    (FACTS, "	if (!facts->version->reopen_continues)", "	if (true)"),
    (FACTS, "		if (facts->resolution[i].event > event)  // events lie in their order", "		if (facts->resolution[i].event >= event + 2)"),
    (FACTS, "facts->leg[i].end != LEG_RETURNED && facts->leg[i].end != LEG_MOVED)", "facts->leg[i].end != LEG_RETURNED)"),
    (FACTS, "	take_back(facts, back->leg, event->at_ms);", ""),
    (FACTS, "(leg->accepted_at_ms ? leg->accepted_at_ms : leg->dispatched_at_ms)", "leg->dispatched_at_ms"),
    # What follows from them.
    (ASSESS, "		if (is_first)\n", "		if (true)\n"),
    (ASSESS, "	if (leg->due_at_ms != NEVER_MS && leg->ended_at_ms <= leg->due_at_ms)", "	if (leg->due_at_ms != NEVER_MS && leg->ended_at_ms < leg->due_at_ms)"),
    (ASSESS, "outcome_reached(outcome, facts, leg->due_at_ms + 1) :", "outcome_reached(outcome, facts, leg->due_at_ms) :"),
    (ASSESS, "leg->ended_at_ms > leg->due_at_ms;", "leg->ended_at_ms >= leg->due_at_ms;"),
    (ASSESS, "		if (leg && back->event->at_ms > facts_return_until_ms(facts, leg))", "		if (leg && back->event->at_ms >= facts_return_until_ms(facts, leg))"),
    (ASSESS, "		return;  // in no other count", "		;"),
    (ASSESS, "facts->is_answered_directly && !(facts->has & HAS_LEAD))", "facts->is_answered_directly)"),
    (ASSESS, "	if (at_ms < outcome->next_look_ms)", "	if (at_ms > outcome->next_look_ms)"),
    (ASSESS, "!was_in(facts, leg, entry->district, 0))", "true)"),
    (ASSESS, "		count_leg(outcome, facts, COUNTER_OVERDUE, leg, leg->due_at_ms);", "		count_leg(outcome, facts, COUNTER_OVERDUE, leg, leg->dispatched_at_ms);"),
    (ASSESS, "		if (r->stands)", "		if (true)"),
    # Rules.
    (rule("escalation"), "	while (event-- > facts->ticket->event)", "	while (--event > facts->ticket->event)"),
    (rule("escalation"), "		from_ms = resolved_at_ms + 1;", "		from_ms = INSTANT_MIN_MS;"),
    (rule("escalation"), "&& leg->dispatched_at_ms <= at_ms; leg++)", "&& leg->dispatched_at_ms < at_ms; leg++)"),
    (rule("escalation"), "if (!leg->is_assist && leg->due_at_ms < leg->ended_at_ms)", "if (!leg->is_assist && leg->due_at_ms <= leg->ended_at_ms)"),
    (rule("look-back"), "revisit->at_ms > until_ms :", "revisit->at_ms >= until_ms :"),
    (rule("look-back"), "stars->stars <= (int32_t)facts->version->low_stars", "stars->stars < (int32_t)facts->version->low_stars"),
    (rule("return-late"), "rule_alert(rule, facts, about, back->event->at_ms, !facts->standing)", "rule_alert(rule, facts, about, back->event->at_ms, true)"),
    (rule("month-end"), "		if (leg->held_until_ms <= end_ms)", "		if (leg->held_until_ms < end_ms)"),
    (rule("month-end"), "if (!facts_is_resolved_at(facts, end_ms))", "if (true)"),
    (rule("duty"), "&& event->at_ms <= to_ms; event++)", "&& event->at_ms < to_ms; event++)"),
    (rule("duty"), "!event->is_void && event->at_ms >= from_ms)", "event->at_ms >= from_ms)"),
    # The set of events, and how it is stored.
    (TICKET, "		if (!event->is_void || ticket->event[place].is_void)", "		if (ticket->event[place].is_void)"),
    (TICKET, "		ticket->event[place].is_void = true;", "		ticket->event[place] = *event;\n		ticket->count--;"),
    (TICKET, "	pen->last_unit = unit;\n", ""),
    (TICKET, "	if (apart > (uint64_t)(INSTANT_MAX_MS - before_ms) / unit_ms)", "	if (apart > (uint64_t)INSTANT_MAX_MS)"),
    (EVENT, "	out->unit = in->unit, out->role = in->role == ROLE_LEAD ? ROLE_NONE : in->role,", "	out->unit = in->unit, out->role = in->role,"),
    (PAGE, "	if (id.size < 3 ||", "	if (id.size < 2 ||"),
    (PAGE, "		if (entry.place <= last ||", "		if (entry.place < last ||"),
    (DUE, "		if (!size || size > bucket.size - at - 1)", "		if (size > bucket.size - at - 1)"),
    (DUE, "		if (least + 1 < due->count &&", "		if (least + 2 < due->count &&"),
    (DUE, "	due->finished_hour = DUE_NO_HOUR;\n	free_buckets(due->done);", "	free_buckets(due->done);"),
    (SHELF_ROWS, "		if (link & bit && row + size < rows)", "		if (link & bit && row + size <= rows)"),
    (SHELF_ROWS, "	while (size <= row / 2)", "	while (size < row / 2)"),
    # Working days and sums.
    (CALENDAR, "	return rank_of(calendar, day) != rank_of(calendar, day - 1);", "	return rank_of(calendar, day) != rank_of(calendar, day + 1);"),
    (CALENDAR, "		last_day = calendar_next_working(calendar, last_day);", "		last_day = calendar_add_working(calendar, last_day, 1);"),
    (CALENDAR, "	if (count->close_ms > 0 && count->close_ms < DAY_MS)", "	if (count->close_ms > 0)"),
    (COUNTERS, "uint64_t rounded = (uint64_t)((2 * scaled + rate.denominator) /", "uint64_t rounded = (uint64_t)((2 * scaled) /"),
    (COUNTERS, "(wide)rate.numerator * 10000 < (wide)rate.denominator * limit_e4;", "(wide)rate.numerator * 10000 <= (wide)rate.denominator * limit_e4;"),
    (TOTALS, "		return sub_channel(sub) == derived;", "		return sub_channel(sub) == derived || !sub_channel(sub);"),
    (JUDGEMENT, "		if (!before && believed && believed->state == ALERT_FIRING)", "		if (!before && believed)"),
    (JUDGEMENT, "			now.state = ALERT_RETRACTED;", "			now.state = ALERT_RESOLVED;"),
    # The step.
    (STEP, "	if (head.owner != shard->head.owner || head.commit != shard->head.commit) {", "	if (head.owner != shard->head.owner) {"),
    (STEP, "	if (head.owner != shard->head.owner || head.commit != shard->head.commit) {", "	if (head.commit != shard->head.commit) {"),
    (STEP, "		shard->head.offset = shard->incoming[shard->batch_count - 1].offset + 1;", "		shard->head.offset = shard->incoming[shard->batch_count - 1].offset;"),
    (STEP, "	if (status == RETRY)\n		shard_let_go(shard);", ""),
    (STEP, "		if (slot->is_loaded)\n			continue;", "		if (slot->is_loaded || slot->name_size == 1)\n			continue;"),
    (STEP, "	if (clock_ms > shard->head.clock_ms)\n		shard->head.clock_ms = clock_ms;", "	shard->head.clock_ms = clock_ms;"),
    (STEP, "	expected->month->is_loaded = true;", "	expected->month->is_loaded = reply_count(reply) != 2;"),
    (COMMIT, "	shard->head.due_hour = hour + 1;", "	shard->head.due_hour = hour + 2;"),
    (COMMIT, "	if (shard->unsaid_at < shard->unsaid.size)\n		return 0;", ""),
    (COMMIT, "	if (zero)\n		delete_days(shard, key, key_size, zero);", ""),
    (COMMIT, "	shard->head.sweep = shard->sweep_next ? shard->sweep_next + 1 : 0;", "	shard->head.sweep = 0;"),
    (COMMIT, "		relay_add_change(shard->relay, shard->changed[i].dimension,", "		if (i)\n			relay_add_change(shard->relay, shard->changed[i].dimension,"),
    (TAKEOVER, "dictionary_add(shard->dictionary, name) != i + 1)", "!dictionary_add(shard->dictionary, name))"),
    (LINKS, "	close_shelf(shard, shelf);\n	shelf->owner = slot;", "	shelf->owner = slot;"),
    # What leaves.
    (RELAY, "		parcel->is_sent = false;\n		send_again(relay);", "		parcel->is_sent = false;"),
    (RELAY, "	relay->letters.unsent = relay->letters.first;\n	relay->unsent = relay->first;", "	relay->letters.unsent = relay->letters.first;"),
    (RELAY, "	if (relay->round.count)\n		return relay->round_chunk;", ""),
    (RELAY, "	if (!queue->unsent)\n		queue->unsent = parcel;", ""),
    (RELAY, "	if (!set64_add(&relay->seen, (uint64_t)dimension << 32 | (uint32_t)day))", "	if (!set64_add(&relay->seen, (uint64_t)dimension << 32 | 1))"),
    # Running counters.
    (PASS, "		if (dimension->has_moved)\n			dimension->outbox_count = 0;", ""),
    (PASS, "		pass->end = reply_type(reply) == REPLY_NIL ? PASS_CONFLICT : ended;", "		pass->end = ended;"),
    (PASS_READ, "		outgoing_add(&pass->outgoing, OUTGOING_ALERT, alert.id, value);", ""),
    (PASS_READ, "	dimension->revision = greater(dimension->revision + 1, pass->now_us);", "	dimension->revision = pass->now_us;"),
    (PASS_READ, "(!pass->clock_ms || head.clock_ms < pass->clock_ms))", "(!pass->clock_ms || head.clock_ms > pass->clock_ms))"),
    (PASS_WRITE, "	if (counters_is_zero(&sums->month))\n		return;", ""),
    (PASS_WRITE, "	pass_end_command(pass);\n	if (counters_is_zero(&sums->month))", "	pass_end_command(pass);\n	if (sums->month.n[COUNTER_RECEIVED])"),
    (PASS_WRITE, "(not_zero & (change->days | ~existing))", "(not_zero & change->days)"),
    (PASS_WRITE, "		pass->changes[i].now.revision = dimension->revision;", ""),
]
