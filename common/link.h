// link.h - what ties a ticket to earlier ones: the same caller, or the same place and category. For the rules `repeated` and `crowd`.
//
// Tickets of one caller lie in any shard, so nobody who judges a ticket sees them together. A link is a subject of its own on a topic of its own (hotline.links, by a hash
// of the link): the set of the tickets that have it. A link has no opinion. It only tells each of its tickets who came before it, as an event on the ticket's own topic
// (`linked`), and the ticket judges that by its own policy, so counters, alerts and what-if stay the ticket's and a ticket that is repeated in two ways counts once:
//
//     ticket shard ── hotline.links ──► link shard ── hotline.ticket-events ──► ticket shard
//     "ticket T has the link since A"    who came     "before T came ..."        repeated? a crowd?
//                                        before?
//
// Exactness. A fact that a ticket shard sends says what a ticket has by its input log up to the fact's revision, an offset, and by nothing else: it is derived for each
// record by itself, however records are batched, and knows no clock. The policy decides only whether it is said ("Without a rule", below). What a link tells a ticket is
// a function of its log in the same way: with the revision R it is who came before by the facts up to R, and a link tells after a change at the latest with the step
// that took the change in. So it does not matter which of the words between are left out, nor how facts are joined to messages. A message goes out, and is acknowledged,
// before the step that derived it is committed. So whatever happens - a crash anywhere, a lost reply, a Redis that loses its last seconds, an owner that does not know
// that it was replaced - a record that is taken in again gives the same words or later ones, and readers keep of each (link, ticket) the greatest revision. Nothing has
// to be read back, nothing is waited for, and the ends agree: the last word on the topic about a link and a ticket is what the ticket's events give, and the last word
// to a ticket is what the link's tickets give. A ticket heeds only what the links say that it has now. Limits: links of tickets whose events the log no longer has are
// not taken back by --rebuild; a link is known by a hash, see below.
//
// Without a rule. While no rule of the policy uses links, what a ticket first has of them stays unsaid, which is nearly all that there is to say; what changes later is
// said all the same. When a policy with such a rule comes, its sweep (edition.c) says of every ticket what it has by the log so far, with the last
// offset that was taken in as the revision. So only such a city pays for links.
//
// Time. Nobody is told of tickets longer ago than LINK_EARLIER_WITHIN_MS, so a link's facts lie apart by period (LINK_PERIOD_MS, longer than that): whoever is received in
// a period meets at most those of the one before and of the one after, and what is older is never touched again. The same caller in another period is another link to a
// ticket: one that moves leaves the old link, and heeds no longer what that says.
//
// Pure: no clock, no I/O. Source: rules.md, repeated and crowd; design.md, ideas 1 and 2.
#ifndef HOTLINE_LINK_H
#define HOTLINE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "civil.h"
#include "event.h"
#include "text.h"

struct ticket;

enum link_kind { LINK_NONE, LINK_CALLER, LINK_PLACE, LINK_KIND_COUNT };
const char *link_kind_name(enum link_kind kind);  // "caller"

enum {
	LINK_KEY_BYTES_MAX = 16 + PLACE_BYTES_MAX + NAME_BYTES_MAX,
	LINK_EARLIER_MAX = 5,     // tickets that came before, as far as a ticket is told: the rule can tell the 5th from the 6th
	LINK_CALLERS_MAX = 20,    // callers that came before: the largest crowd that a policy can ask for
	PRECEDENCE_BYTES_MAX = 2 + 6 * (LINK_EARLIER_MAX + LINK_CALLERS_MAX),
};
#define LINK_EARLIER_WITHIN_MS (90 * DAY_MS)  // a ticket is told of earlier ones so far back, itself included: the largest windows that a policy can have
#define LINK_CALLERS_WITHIN_MS (7 * DAY_MS)
#define LINK_PERIOD_MS (100 * DAY_MS)
#define LINK_CALLER_HASH_MAX UINT64_C(0xffffffffff)  // 40 bits
#define LINK_REVISION_MAX (INT64_MAX / 8)
#define LINK_MESSAGE_MAX 65536                       // facts of one message: the revision of the word about a fact is offset * LINK_MESSAGE_MAX + its place

// What a ticket has of links: nothing unless it was received and is valid. By the fields as facts.h has them: of several `received` the last present value, and the
// first one's instant.
struct links {
	bool is_there;
	int64_t at_ms;                 // received
	struct text caller, place, category;  // a link by place needs both; the category is the whole path
};
struct links links_of(const struct ticket *ticket, const struct names *names);

// The link's name: "caller/c-19f2", "place/物业管理/物业服务管理//水木清华". 0 when the ticket has none of that kind.
size_t link_key(const struct links *links, enum link_kind kind, char ret_key[LINK_KEY_BYTES_MAX]);
// By which it is known everywhere else: XXH3 of the name, 128 bits. Two links of one first row (shelf_rows.h) within three periods are taken for one with a chance of some 1 in
// 20 000, all links of twenty million tickets a year together.
struct link_hash {
	uint64_t high, low;
};
struct link_hash link_hash(struct text key);
int32_t link_partition(struct link_hash hash, int32_t partition_count);  // of hotline.links
int32_t link_period(int64_t at_ms);            // received, from 1970 on
uint32_t link_check(struct link_hash hash, int32_t period);  // tells a ticket's own links apart, now and before, which are few
uint64_t link_caller(struct text caller);      // who, as 40 bits, which is enough to tell a crowd's callers apart; 0 for nobody

// Who came before a ticket of a link, the latest first. Everything not used is 0. "Before" is the order of (received, ticket id by its bytes).
struct precedence {
	uint32_t earlier_count, caller_count;
	int64_t earlier_ms[LINK_EARLIER_MAX];   // how long before it each earlier ticket was received, of those within LINK_EARLIER_WITHIN_MS
	int64_t caller_ms[LINK_CALLERS_MAX];    // the same of each distinct caller's latest earlier ticket, within LINK_CALLERS_WITHIN_MS
	bool is_own[LINK_CALLERS_MAX];          // it is the ticket's own caller
};
bool precedence_equal(const struct precedence *a, const struct precedence *b);
size_t precedence_pack(const struct precedence *precedence, uint8_t ret_bytes[PRECEDENCE_BYTES_MAX]);  // 0 when nobody came before
bool precedence_unpack(struct text bytes, struct precedence *ret_precedence);

#endif
