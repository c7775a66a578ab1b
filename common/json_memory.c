#include "json_memory.h"

#include <jansson.h>
#include <stdlib.h>

#include "memory.h"

static void *take(size_t size)
{
	return memory_resize(NULL, 1, size);
}

void json_memory_begin(void)
{
	json_set_alloc_funcs(take, free);
}
