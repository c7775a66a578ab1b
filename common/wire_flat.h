// wire_flat.h - the fields of a message that holds no other messages, by their numbers.
//
// Nearly every message is plain: known fields in their own wire types, few of them, no NUL. flat_scan reads such a one in a single pass over its bytes, where
// protobuf-c goes over it twice and takes memory for each text. What is not plain is left to protobuf-c, which alone tells what is no message at all; so there
// is nothing that both could judge differently. wire_flat_test.c and the fuzzer compare them.
#ifndef HOTLINE_WIRE_FLAT_H
#define HOTLINE_WIRE_FLAT_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "text.h"

enum { FLAT_FIELDS_MAX = 40 };

struct flat {
	uint64_t given;  // bit by number: the field was there. Of what flat_take took only those of a oneof are known; all else is 0 or empty where it is not there
	union {
		int64_t number;    // whole numbers, enums, and bools as 0 and 1
		struct text text;  // strings and bytes
	} field[FLAT_FIELDS_MAX];  // by number; [0] is unused
};

// Both take a type whose fields are numbered from 1 on without a gap, at most FLAT_FIELDS_MAX - 1, each a number or text and none of them repeated.
// Texts point into the bytes, or to what the message holds. False when the message is not plain; ret_flat is then of no use.
bool flat_scan(const ProtobufCMessageDescriptor *type, struct text bytes, struct flat *ret_flat);
void flat_take(const ProtobufCMessage *message, struct flat *ret_flat);

#endif
