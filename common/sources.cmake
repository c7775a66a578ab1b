# Every source of common/, by name.
set(core_sources
	common/error.c
	common/text.c
)
set(shell_sources
)
