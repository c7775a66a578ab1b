# Every source of common/, by name.
set(core_sources
	common/error.c
	common/memory.c
	common/names.c
	common/event.c
	common/counters.c
	common/text.c
)
set(shell_sources
	common/clock.c
	common/log.c
	common/redis.c
	common/redis_address.c
	common/redis_check.c
	common/wire.c
)
