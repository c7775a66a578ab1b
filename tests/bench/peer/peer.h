// peer.h - our results in the form that the peers' harness looks for.
#ifndef HOTLINE_BENCH_PEER_H
#define HOTLINE_BENCH_PEER_H

#include "error.h"
#include "store.h"

// Waits until the shards of tickets have taken in so many records, all timers have been looked at and all alerts have left.
MUST_USE enum status peer_await_taken(struct store *store, int64_t records, struct error *error);
// Waits until the group of hotline-units has committed every change that there is.
MUST_USE enum status peer_await_summed(const char *brokers, struct error *error);

// Writes unit:U:D for every unit and day, from our own counters and from the tickets.
MUST_USE enum status peer_write_counters(struct store *store, struct error *error);
// Sends to `alerts` every overdue alert whose last state holds.
MUST_USE enum status peer_send_alerts(const char *brokers, struct error *error);

#endif
