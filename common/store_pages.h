// store_pages.h - pages of a shard together with the policy that it judges by. For the parts of the store.
#ifndef HOTLINE_STORE_PAGES_H
#define HOTLINE_STORE_PAGES_H

#include "store.h"

// *ret_pages is an array in the order of the names, at most STORE_CHUNK; NIL where there is none. It lives until the store is asked something else. RETRY state_moved.
MUST_USE enum status store_read_pages(struct store *store, size_t shard, const struct text *page, size_t count, const struct policy **ret_policy,
	const struct redisReply **ret_pages, struct error *error);

#endif
