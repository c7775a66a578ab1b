#include "wire_flat.h"

#include <assert.h>
#include <string.h>

#include "varint.h"

// More than each field once: protobuf-c might find no room for so many.
enum { PLAIN_FIELDS_MAX = 48 };

enum wire_type { WIRE_VARINT = 0, WIRE_BYTES = 2, WIRE_FOUR = 5 };

static bool is_text(const ProtobufCFieldDescriptor *field)
{
	return field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES;
}

// A varint as the field's type understands it.
static int64_t number_of(const ProtobufCFieldDescriptor *field, uint64_t varint)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_ENUM:
		return (int32_t)varint;
	case PROTOBUF_C_TYPE_UINT32:
		return (uint32_t)varint;
	case PROTOBUF_C_TYPE_BOOL:
		return varint != 0;
	default:
		return (int64_t)varint;
	}
}

static enum wire_type wire_type_of(const ProtobufCFieldDescriptor *field)
{
	return is_text(field) ? WIRE_BYTES : field->type == PROTOBUF_C_TYPE_FIXED32 ? WIRE_FOUR : WIRE_VARINT;
}

// Each take_ returns where it ended, NULL when what is there is not plain.
// So are varints of ten bytes, negative numbers: protobuf-c looks at bits that lie outside of 64.
static inline const uint8_t *take_varint(const uint8_t *at, const uint8_t *end, uint64_t *ret_number)
{
	size_t size = varint_get(at, (size_t)(end - at), ret_number);
	return size && size < VARINT_BYTES_MAX ? at + size : NULL;
}

static inline const uint8_t *take_four(const uint8_t *at, const uint8_t *end, int64_t *ret_number)
{
	if (end - at < 4)
		return NULL;
	*ret_number = (int64_t)((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
	return at + 4;
}

static inline const uint8_t *take_value(const ProtobufCFieldDescriptor *field, enum wire_type wire_type, const uint8_t *at, const uint8_t *end, struct flat *flat)
{
	uint64_t number;
	if (wire_type == WIRE_FOUR)
		return take_four(at, end, &flat->field[field->id].number);
	at = take_varint(at, end, &number);
	if (!at)
		return NULL;
	if (wire_type == WIRE_VARINT) {
		flat->field[field->id].number = number_of(field, number);
		return at;
	}
	if (number > (size_t)(end - at))
		return NULL;
	flat->field[field->id].text = (struct text){ (const char *)at, (uint32_t)number };
	return at + number;
}

bool flat_scan(const ProtobufCMessageDescriptor *type, struct text bytes, struct flat *ret_flat)
{
	const uint8_t *at = (const uint8_t *)bytes.at, *end = at + bytes.size;
	if (memchr(at, 0, bytes.size))
		return false;
	memset(ret_flat, 0, sizeof *ret_flat);
	for (unsigned count = 0; at < end; count++) {
		uint64_t tag;
		if (count == PLAIN_FIELDS_MAX || !(at = take_varint(at, end, &tag)))
			return false;
		uint64_t id = tag >> 3;
		if (id - 1 >= type->n_fields)
			return false;
		const ProtobufCFieldDescriptor *field = &type->fields[id - 1];
		enum wire_type wire_type = wire_type_of(field);
		if ((tag & 7) != wire_type || !(at = take_value(field, wire_type, at, end, ret_flat)))
			return false;
		ret_flat->given |= UINT64_C(1) << id;
	}
	return true;
}

static int64_t held_number(const ProtobufCFieldDescriptor *field, const uint8_t *at)
{
	int64_t whole;
	uint32_t half;
	protobuf_c_boolean flag;
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		memcpy(&whole, at, sizeof whole);
		return whole;
	case PROTOBUF_C_TYPE_BOOL:
		memcpy(&flag, at, sizeof flag);
		return flag != 0;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		memcpy(&half, at, sizeof half);
		return half;
	default:
		memcpy(&half, at, sizeof half);
		return (int32_t)half;
	}
}

static struct text held_text(const ProtobufCFieldDescriptor *field, const uint8_t *at)
{
	ProtobufCBinaryData bytes;
	const char *string;
	if (field->type == PROTOBUF_C_TYPE_BYTES) {
		memcpy(&bytes, at, sizeof bytes);
		return (struct text){ (const char *)bytes.data, (uint32_t)bytes.len };
	}
	memcpy(&string, at, sizeof string);
	return text_of(string);
}

// Of a oneof only the member that was given holds anything.
static bool is_given(const ProtobufCFieldDescriptor *field, const uint8_t *base)
{
	uint32_t which;
	memcpy(&which, base + field->quantifier_offset, sizeof which);
	return which == field->id;
}

void flat_take(const ProtobufCMessage *message, struct flat *ret_flat)
{
	const ProtobufCMessageDescriptor *type = message->descriptor;
	const uint8_t *base = (const uint8_t *)message;
	memset(ret_flat, 0, sizeof *ret_flat);
	assert(type->n_fields < FLAT_FIELDS_MAX);
	for (const ProtobufCFieldDescriptor *field = type->fields; field < type->fields + type->n_fields; field++) {
		bool is_choice = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
		assert(field->id == (size_t)(field - type->fields) + 1 && field->label != PROTOBUF_C_LABEL_REPEATED);
		if (is_choice && !is_given(field, base))
			continue;
		if (is_choice)
			ret_flat->given |= UINT64_C(1) << field->id;
		if (is_text(field))
			ret_flat->field[field->id].text = held_text(field, base + field->offset);
		else
			ret_flat->field[field->id].number = held_number(field, base + field->offset);
	}
}
