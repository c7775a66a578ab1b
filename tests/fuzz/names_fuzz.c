// Stored names, one a line, in a shard's dictionary. What is taken in is given back, each name under one number.
#include "fuzz.h"

#include "ticket.h"

// What is stored was checked when it came in.
static bool could_be_stored(const struct names *names, name_id id)
{
	struct error error;
	return event_check_name(names_kind(names, id), names_text(names, id), &error) == OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text text = fuzz_text(bytes, size), rest = text;
	struct names *names = names_new();
	struct dictionary *dictionary = dictionary_new();
	while (rest.size) {
		struct text line = fuzz_take_line(&rest);
		name_id id = names_intern_dimension(names, line);
		if (!id || !could_be_stored(names, id))
			continue;
		assert(names_intern_dimension(names, names_dimension(names, id)) == id);
		assert(names_kind(names, id) == NAME_CITY || text_equal(names_dimension(names, id), line));
		assert(names_find(names, names_kind(names, id), names_text(names, id)) == id);
		uint32_t local = dictionary_add(dictionary, id);
		assert(dictionary_name(dictionary, local) == id && dictionary_add(dictionary, id) == local);
		if (names_kind(names, id) == NAME_CATEGORY) {
			struct names_category wide = names_category(names, id);
			assert(wide.top && text_starts_with(line, names_dimension(names, wide.top)));
			assert(!wide.sub || text_starts_with(line, names_dimension(names, wide.sub)));
		}
	}
	assert(dictionary_count(dictionary) <= names_count(names));
	dictionary_free(dictionary);
	names_free(names);
	fuzz_text_free(text);
	return 0;
}
