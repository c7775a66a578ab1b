#include "flat_same.h"

#include <assert.h>

bool flat_same(const ProtobufCMessageDescriptor *type, struct text bytes)
{
	struct flat plain, taken;
	if (!bytes.size || !flat_scan(type, bytes, &plain))
		return false;
	ProtobufCMessage *message = protobuf_c_message_unpack(type, NULL, bytes.size, (const uint8_t *)bytes.at);
	assert(message);
	flat_take(message, &taken);
	for (const ProtobufCFieldDescriptor *field = type->fields; field < type->fields + type->n_fields; field++) {
		if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES)
			assert(text_equal(plain.field[field->id].text, taken.field[field->id].text));
		else
			assert(plain.field[field->id].number == taken.field[field->id].number);
		if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
			assert((plain.given >> field->id & 1) == (taken.given >> field->id & 1));
	}
	protobuf_c_message_free_unpacked(message, NULL);
	return true;
}
