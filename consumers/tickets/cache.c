// What a shard keeps in memory between steps, and how it gives that up.
#include <stdlib.h>

#include "shard_inside.h"

void shard_weigh_cache(struct shard *shard)
{
	struct cache_budget *budget = shard->settings->cache;
	budget->bytes -= shard->cache_bytes;
	shard->cache_bytes = pages_bytes(shard->pages) + cells_bytes(shard->cells);
	budget->bytes += shard->cache_bytes;
}

// The part of so many bytes that stays when everybody gives up the same part.
static size_t part_of(size_t bytes, const struct cache_budget *budget)
{
	return (size_t)((double)bytes * (double)budget->limit_bytes / (double)budget->bytes);
}

void shard_trim_cache(struct shard *shard)
{
	const struct cache_budget *budget = shard->settings->cache;
	shard_weigh_cache(shard);
	if (budget->bytes <= budget->limit_bytes)
		return;
	pages_trim(shard->pages, part_of(pages_bytes(shard->pages), budget));
	cells_trim(shard->cells, part_of(cells_bytes(shard->cells), budget));
	shard_weigh_cache(shard);
}

void shard_trim(struct shard *shard)
{
	if (shard->phase == PHASE_IDLE)
		shard_trim_cache(shard);
}

void shard_drop_room(struct shard *shard)
{
	appendices_done(&shard->due_files);
	shard_drop_links(shard);
	buffer_done(&shard->index_run);
	free(shard->note);
	shard->note = NULL;
	shard->note_capacity = 0;
	buffer_done(&shard->changes);
	buffer_done(&shard->alerts);
	shard->alerts_before = 0;
	buffer_done(&shard->sweep);
	buffer_done(&shard->entry);
	buffer_done(&shard->unsaid);
	free(shard->expected);
	free(shard->incoming);
	free(shard->reading);
	free(shard->staged);
	free(shard->changed);
	shard->expected = NULL;
	shard->incoming = NULL;
	shard->reading = NULL;
	shard->staged = NULL;
	shard->changed = NULL;
	shard->expected_capacity = shard->incoming_capacity = shard->reading_capacity = shard->staged_capacity = shard->changed_capacity = 0;
}

void shard_rest(struct shard *shard)
{
	if (shard->phase != PHASE_IDLE || shard->incoming_count || shard->unsaid_entries)
		return;
	pages_trim(shard->pages, 0);
	cells_trim(shard->cells, 0);
	shard_weigh_cache(shard);
	shard_drop_room(shard);
	if (shard->redis)
		redis_rest(shard->redis);
}
