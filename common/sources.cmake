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
	common/wire.c
)
