// links_test.c - a link is the set of its tickets' newest facts: whatever the order, and however often each one comes, there is one state, and the last that every ticket
// was told is what a plain count over all tickets gives.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "chance.h"
#include "link_message.h"
#include "memory.h"
#include "sample.h"
#include "ticket.h"

enum { TICKETS = 8, PERIODS = 2, FACTS_MAX = 48, ROUNDS = 3000, RUNS = 3 };
#define BOUNDARY_MS (198 * LINK_PERIOD_MS)  // of two periods, in 2024


// What a ticket was told last, of one link in a period.
struct heard {
	int64_t revision;
	struct precedence precedence;
};

struct listener {
	struct heard heard[TICKETS * PERIODS];
	int64_t revision;  // of the record under way
	uint32_t count;
};

static unsigned ticket_of(const struct link_fact *fact)
{
	char digits[TICKET_ID_BYTES_MAX];
	struct text id = link_ticket_id(&fact->ticket, digits);
	return (unsigned)(id.at[id.size - 1] - '0');
}

static unsigned heard_by(const struct link_fact *fact)
{
	return ticket_of(fact) * PERIODS + (unsigned)(link_period(fact->at_ms) - link_period(BOUNDARY_MS - 1));
}

static void hear(void *self, const struct link_fact *whose, const struct precedence *precedence)
{
	struct listener *listener = self;
	unsigned of = heard_by(whose);
	assert_true(listener->revision > listener->heard[of].revision);
	listener->heard[of] = (struct heard){ listener->revision, *precedence };
	listener->count++;
}

static struct link_fact fact_of(unsigned ticket, int64_t revision, int64_t at_ms, uint64_t caller, bool is_gone)
{
	struct link_fact fact = { .link = 7, .revision = revision, .at_ms = at_ms, .caller = caller, .is_gone = is_gone };
	char id[16];
	snprintf(id, sizeof id, ticket % 2 ? "T-%u" : "10%u", ticket);
	link_ticket_set(&fact.ticket, text_of(id));
	return fact;
}

// What is written is read back as it was.
static void store(const struct shelf *shelf)
{
	struct error error;
	struct shelf copy = { .period = shelf->period };
	uint8_t *bytes = memory_new(shelf_bytes_max(shelf)), *again = memory_new(shelf_bytes_max(shelf));
	size_t size = shelf_encode(shelf, bytes);
	assert_int_equal(shelf_decode(bytes, size, &copy, &error), OK);
	assert_int_equal(copy.facts.count, shelf->facts.count);
	assert_int_equal(shelf_encode(&copy, again), size);
	assert_memory_equal(bytes, again, size);
	for (size_t cut = 1; cut < size; cut++)
		if (shelf_decode(bytes, cut, &copy, &error) == OK)
			assert_true(copy.facts.count < shelf->facts.count);
	free(bytes);
	free(again);
	free(copy.facts.fact);
}

static void take(struct shelves *shelves, struct listener *listener, const struct link_fact *fact)
{
	const struct link_listener hearing = { hear, listener };
	struct error error;
	bool is_changed;
	uint32_t had = listener->count;
	listener->revision++;
	assert_int_equal(shelves_take(shelves, fact, &hearing, &is_changed, &error), OK);
	if (!is_changed)
		assert_int_equal(listener->count, had);
	for (size_t i = 0; i < shelves->count; i++)
		store(shelves->shelf[i]);
}

static bool comes_before(const struct link_fact *a, const struct link_fact *b)
{
	char digits_a[TICKET_ID_BYTES_MAX], digits_b[TICKET_ID_BYTES_MAX];
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms;
	return text_compare(link_ticket_id(&a->ticket, digits_a), link_ticket_id(&b->ticket, digits_b)) < 0;
}

// The definition, by counting: the newest fact of each ticket and period, then all that came before, the latest first.
static struct precedence plain(const struct link_fact *fact, size_t count, unsigned whose)
{
	const struct link_fact *newest[TICKETS * PERIODS] = { NULL }, *earlier[TICKETS * PERIODS];
	for (size_t i = 0; i < count; i++) {
		unsigned of = heard_by(&fact[i]);
		if (!newest[of] || newest[of]->revision < fact[i].revision)
			newest[of] = &fact[i];
	}
	struct precedence found;
	memset(&found, 0, sizeof found);
	const struct link_fact *own = newest[whose];
	if (!own || own->is_gone)
		return found;
	size_t earlier_count = 0;
	for (unsigned i = 0; i < TICKETS * PERIODS; i++)
		if (newest[i] && !newest[i]->is_gone && comes_before(newest[i], own)) {
			size_t place = earlier_count++;
			for (; place && comes_before(earlier[place - 1], newest[i]); place--)
				earlier[place] = earlier[place - 1];
			earlier[place] = newest[i];
		}
	for (size_t i = 0; i < earlier_count; i++) {
		int64_t ago_ms = own->at_ms - earlier[i]->at_ms;
		bool is_first = earlier[i]->caller;
		for (size_t j = 0; j < i; j++)
			is_first &= earlier[j]->caller != earlier[i]->caller;
		if (ago_ms <= LINK_EARLIER_WITHIN_MS && found.earlier_count < LINK_EARLIER_MAX)
			found.earlier_ms[found.earlier_count++] = ago_ms;
		if (ago_ms <= LINK_CALLERS_WITHIN_MS && is_first && found.caller_count < LINK_CALLERS_MAX) {
			found.is_own[found.caller_count] = earlier[i]->caller == own->caller;
			found.caller_ms[found.caller_count++] = ago_ms;
		}
	}
	return found;
}

static void check_heard(const struct listener *listener, const struct link_fact *fact, size_t count)
{
	for (unsigned whose = 0; whose < TICKETS * PERIODS; whose++) {
		struct precedence wanted = plain(fact, count, whose);
		assert_memory_equal(&listener->heard[whose].precedence, &wanted, sizeof wanted);
	}
}

// Ages on both sides of both windows, with many that are equal, in two periods.
static int64_t any_at_ms(struct chance *chance)
{
	static const int64_t at_ms[] = { 0, 0, 1, HOUR_MS, LINK_CALLERS_WITHIN_MS, LINK_CALLERS_WITHIN_MS + 1, LINK_EARLIER_WITHIN_MS, LINK_EARLIER_WITHIN_MS + 1, 20 * DAY_MS };
	return BOUNDARY_MS - HOUR_MS + at_ms[chance_below(chance, sizeof at_ms / sizeof *at_ms)];
}

static size_t draw(struct chance *chance, struct link_fact *ret_fact)
{
	size_t count = 1 + chance_below(chance, FACTS_MAX / 3);
	for (size_t i = 0; i < count; i++)
		ret_fact[i] = fact_of((unsigned)chance_below(chance, TICKETS), (int64_t)i + 1, any_at_ms(chance), chance_below(chance, 4), chance_below(chance, 4) == 0);
	return count;
}

// The facts, each at least once, in any order.
static size_t shuffle(struct chance *chance, const struct link_fact *fact, size_t count, struct link_fact *ret_fact)
{
	size_t total = count + chance_below(chance, 2 * count);
	for (size_t i = 0; i < total; i++)
		ret_fact[i] = fact[i < count ? i : chance_below(chance, count)];
	for (size_t i = total; i > 1; i--) {
		size_t k = chance_below(chance, i);
		struct link_fact moved = ret_fact[k];
		ret_fact[k] = ret_fact[i - 1];
		ret_fact[i - 1] = moved;
	}
	return total;
}

static void any_order_and_number_of_facts_ends_in_what_a_plain_count_gives(void **state)
{
	(void)state;
	struct chance chance = chance_of(20240305);
	for (int round = 0; round < ROUNDS; round++) {
		struct link_fact fact[FACTS_MAX], order[FACTS_MAX];
		size_t count = draw(&chance, fact);
		for (int run = 0; run < RUNS; run++) {
			struct shelves shelves = { .count = 0 };
			struct listener listener;
			memset(&listener, 0, sizeof listener);
			size_t total = shuffle(&chance, fact, count, order);
			for (size_t i = 0; i < total; i++) {
				take(&shelves, &listener, &order[i]);
				check_heard(&listener, order, i + 1);  // at every point, of what came so far
			}
			shelves_done(&shelves);
		}
	}
}

// What is derived for a record does not depend on what is in memory and what was stored: a shard that starts anew at any point says the same.
static void a_link_does_not_hear_of_another(void **state)
{
	(void)state;
	struct shelves shelves = { .count = 0 };
	struct listener listener;
	memset(&listener, 0, sizeof listener);
	struct link_fact first = fact_of(1, 1, SAMPLE_AT_MS, 0, false), other = fact_of(2, 2, SAMPLE_AT_MS + 1, 0, false);
	other.link = 8;
	take(&shelves, &listener, &first);
	take(&shelves, &listener, &other);
	assert_int_equal(listener.count, 0);
	other.link = 6;
	take(&shelves, &listener, &other);
	assert_int_equal(listener.count, 0);
	assert_int_equal(shelves.shelf[0]->facts.count, 3);
	shelves_done(&shelves);
}

static void a_link_has_a_limit(void **state)
{
	(void)state;
	struct shelves shelves = { .count = 0 };
	struct listener listener;
	const struct link_listener hearing = { hear, &listener };
	struct error error;
	bool is_changed;
	memset(&listener, 0, sizeof listener);
	// All gone, so that nobody has to be told.
	for (unsigned i = 0; i <= SHELF_LINK_TICKETS_MAX; i++) {
		struct link_fact fact = { .link = 7, .revision = i + 1, .at_ms = BOUNDARY_MS + (int64_t)(SHELF_LINK_TICKETS_MAX - i) * 10 * MINUTE_MS, .is_gone = true };
		fact.ticket.number = i;
		enum status status = shelves_take(&shelves, &fact, &hearing, &is_changed, &error);
		assert_int_equal(status, i < SHELF_LINK_TICKETS_MAX ? OK : REJECT);
	}
	assert_string_equal(error.reason, "too_many_tickets");
	shelves_done(&shelves);
}

// A message cut short, longer or with any bit turned is refused whole.
static void a_message_is_read_as_it_was_written_or_not_at_all(void **state)
{
	(void)state;
	struct chance chance = chance_of(11);
	for (int round = 0; round < ROUNDS / 10; round++) {
		uint8_t bytes[LINK_MESSAGE_HEAD_BYTES + TICKETS * LINK_MESSAGE_FACT_BYTES_MAX + LINK_MESSAGE_SEAL_BYTES];
		struct link_change written[TICKETS], *read = NULL;
		struct error error;
		size_t size = link_message_head(bytes), count = 0, capacity = 0;
		for (unsigned i = 0; i < TICKETS; i++) {
			written[i].hash = (struct link_hash){ chance_next(&chance), chance_next(&chance) };
			written[i].kind = i % 2 ? LINK_PLACE : LINK_CALLER;
			written[i].fact = fact_of(i, (int64_t)chance_below(&chance, LINK_REVISION_MAX), any_at_ms(&chance), chance_below(&chance, 3), i % 3 == 0);
			written[i].fact.link = shelf_link(written[i].hash);
			size += link_message_fact(&written[i], bytes + size);
		}
		size += link_message_seal(bytes, size, bytes + size);
		struct text message = { (const char *)bytes, (uint32_t)size };
		assert_int_equal(link_message_read(message, &read, &count, &capacity, &error), OK);
		assert_int_equal(count, TICKETS);
		for (unsigned i = 0; i < TICKETS; i++) {
			assert_true(read[i].kind == written[i].kind && read[i].hash.high == written[i].hash.high && read[i].hash.low == written[i].hash.low);
			assert_true(read[i].fact.revision == written[i].fact.revision && read[i].fact.at_ms == written[i].fact.at_ms && read[i].fact.caller == written[i].fact.caller);
			assert_true(read[i].fact.is_gone == written[i].fact.is_gone && read[i].fact.link == written[i].fact.link);
			assert_true(link_ticket_equal(&read[i].fact.ticket, &written[i].fact.ticket));
		}
		for (uint32_t cut = 0; cut < size; cut++)
			assert_int_equal(link_message_read((struct text){ message.at, cut }, &read, &count, &capacity, &error), REJECT);
		bytes[chance_below(&chance, size)] ^= (uint8_t)(1 << chance_below(&chance, 8));
		assert_int_equal(link_message_read(message, &read, &count, &capacity, &error), REJECT);
		assert_int_equal(count, TICKETS);
		free(read);
	}
}

static void a_precedence_is_read_as_it_was_written(void **state)
{
	(void)state;
	struct chance chance = chance_of(7);
	for (int round = 0; round < ROUNDS; round++) {
		struct precedence written, found;
		uint8_t bytes[PRECEDENCE_BYTES_MAX];
		memset(&written, 0, sizeof written);
		written.earlier_count = 1 + (uint32_t)chance_below(&chance, LINK_EARLIER_MAX);
		written.caller_count = (uint32_t)chance_below(&chance, LINK_CALLERS_MAX + 1);
		for (uint32_t i = 0; i < written.earlier_count; i++)
			written.earlier_ms[i] = (int64_t)chance_below(&chance, LINK_EARLIER_WITHIN_MS + 1) / (i % 2 ? 1000 : 1) * (i % 2 ? 1000 : 1);
		for (uint32_t i = 0; i < written.caller_count; i++) {
			written.caller_ms[i] = (int64_t)chance_below(&chance, LINK_CALLERS_WITHIN_MS + 1);
			written.is_own[i] = chance_below(&chance, 2);
		}
		size_t size = precedence_pack(&written, bytes);
		memset(&found, 0, sizeof found);
		assert_true(precedence_unpack((struct text){ (const char *)bytes, (uint32_t)size }, &found));
		assert_memory_equal(&found, &written, sizeof found);
		for (size_t i = 0; i < size; i++) {  // whatever the bytes, nothing bad happens
			bytes[i] ^= (uint8_t)(1 + chance_below(&chance, 255));
			(void)precedence_unpack((struct text){ (const char *)bytes, (uint32_t)size }, &found);
		}
	}
}

// What lies behind the counts, and between the members, is no part of it.
static void a_precedence_is_equal_by_what_it_says(void **state)
{
	(void)state;
	struct precedence one, other;
	for (int part = 0; part < 6; part++) {
		memset(&one, 0, sizeof one);
		memset(&other, 0xa5, sizeof other);
		one.earlier_count = other.earlier_count = one.caller_count = other.caller_count = 2;
		for (uint32_t i = 0; i < 2; i++) {
			one.earlier_ms[i] = other.earlier_ms[i] = one.caller_ms[i] = other.caller_ms[i] = 1000 + i;
			one.is_own[i] = other.is_own[i] = false;
		}
		assert_true(precedence_equal(&one, &other));
		other.earlier_count -= part == 1;
		other.caller_count -= part == 2;
		other.earlier_ms[1] += part == 3;
		other.caller_ms[1] += part == 4;
		other.is_own[1] = part == 5;
		assert_true(precedence_equal(&one, &other) == (part == 0));
	}
}

static struct event received(int64_t at_ms, const char *caller, const char *place, name_id category)
{
	struct event event = event_of(EVENT_RECEIVED, at_ms);
	event.caller = text_of(caller);
	event.place = text_of(place);
	event.category = category;
	return event;
}

static bool is_of(const struct link_change *change, enum link_kind kind, struct text key)
{
	struct link_hash hash = link_hash(key);
	return change->kind == kind && change->hash.high == hash.high && change->hash.low == hash.low && change->fact.link == shelf_link(hash);
}

static void what_changes_in_a_ticket_is_told_to_its_links(void **state)
{
	(void)state;
	struct names *names = names_new();
	name_id category = names_intern(names, NAME_CATEGORY, TEXT("a/b"));
	struct event event[4];
	struct ticket ticket = { .event = event, .capacity = 4 };
	struct link_change change[LINK_CHANGES_MAX];
	struct links none = links_of(&ticket, names), before, after;
	struct event first = received(SAMPLE_AT_MS, "c", "p", category), corrected = received(SAMPLE_AT_MS + 1, "d", NULL, 0), invalid = received(SAMPLE_AT_MS + 2, NULL, NULL, 0);
	(void)ticket_merge(&ticket, &first, names);
	before = links_of(&ticket, names);
	assert_int_equal(links_diff(&none, &before, TEXT("t"), 3, change), 2);
	assert_true(is_of(&change[0], LINK_CALLER, TEXT("caller/c")));
	assert_true(is_of(&change[1], LINK_PLACE, TEXT("place/a/b//p")));
	assert_int_equal(change[1].fact.revision, 3);
	assert_int_equal(change[1].fact.caller, link_caller(TEXT("c")));
	assert_int_equal(change[0].fact.caller, 0);
	assert_int_equal(links_diff(&before, &before, TEXT("t"), 4, change), 0);
	// Another caller: the old link goes, a new one comes, and the place hears who it is.
	(void)ticket_merge(&ticket, &corrected, names);
	after = links_of(&ticket, names);
	assert_int_equal(links_diff(&before, &after, TEXT("t"), 5, change), 3);
	assert_true(change[0].fact.is_gone && !change[1].fact.is_gone && !change[2].fact.is_gone);
	assert_int_equal(change[2].fact.caller, link_caller(TEXT("d")));
	invalid.valid = ANSWER_NO;
	(void)ticket_merge(&ticket, &invalid, names);
	before = links_of(&ticket, names);
	assert_int_equal(links_diff(&after, &before, TEXT("t"), 6, change), 2);
	assert_true(change[0].fact.is_gone && change[1].fact.is_gone);
	// Received in another period: the link of the old one goes, that of the new one comes.
	after.at_ms = first.at_ms + LINK_PERIOD_MS;
	before = after;
	before.at_ms = first.at_ms;
	assert_int_equal(links_diff(&before, &after, TEXT("t"), 7, change), 4);
	assert_true(change[0].fact.is_gone && change[0].fact.at_ms == before.at_ms && !change[1].fact.is_gone && change[1].fact.at_ms == after.at_ms);
	assert_true(link_check(change[0].hash, link_period(before.at_ms)) != link_check(change[1].hash, link_period(after.at_ms)));
	names_free(names);
}

static void the_newest_word_of_a_link_replaces_the_older(void **state)
{
	(void)state;
	struct names *names = names_new();
	struct event event[4], word = event_of(EVENT_LINKED, SAMPLE_AT_MS);
	struct ticket ticket = { .event = event, .capacity = 4 };
	word.kind = LINK_CALLER;
	word.answered = 99;
	word.amount = 5;
	assert_int_equal(ticket_merge(&ticket, &word, names), MERGE_ADDED);
	assert_int_equal(ticket_merge(&ticket, &word, names), MERGE_DUPLICATE);
	word.amount = 4;
	word.reason = TEXT("\1\2");
	assert_int_equal(ticket_merge(&ticket, &word, names), MERGE_DUPLICATE);
	word.amount = 6;
	word.at_ms--;
	assert_int_equal(ticket_merge(&ticket, &word, names), MERGE_REPLACED);
	assert_int_equal(ticket.count, 1);
	word.answered = 98;
	assert_int_equal(ticket_merge(&ticket, &word, names), MERGE_ADDED);
	word.kind = LINK_PLACE;
	assert_int_equal(ticket_merge(&ticket, &word, names), MERGE_ADDED);
	assert_int_equal(ticket.count, 3);
	// It is stored and read as anything else.
	struct dictionary *dictionary = dictionary_new();
	struct error error;
	uint8_t bytes[256];
	struct event read[4];
	struct ticket again = { .event = read, .capacity = 4 };
	size_t size = ticket_encode(&ticket, dictionary, bytes, sizeof bytes);
	assert_int_equal(ticket_decode(bytes, size, dictionary, &again, &error), OK);
	assert_int_equal(again.count, 3);
	for (int i = 0; i < 3; i++)
		assert_true(sample_equal(&again.event[i], &ticket.event[i], names));
	dictionary_free(dictionary);
	names_free(names);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_and_number_of_facts_ends_in_what_a_plain_count_gives),
		cmocka_unit_test(a_link_does_not_hear_of_another),
		cmocka_unit_test(a_link_has_a_limit),
		cmocka_unit_test(a_message_is_read_as_it_was_written_or_not_at_all),
		cmocka_unit_test(a_precedence_is_read_as_it_was_written),
		cmocka_unit_test(a_precedence_is_equal_by_what_it_says),
		cmocka_unit_test(what_changes_in_a_ticket_is_told_to_its_links),
		cmocka_unit_test(the_newest_word_of_a_link_replaces_the_older),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
