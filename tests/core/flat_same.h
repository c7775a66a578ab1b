// flat_same.h - what flat_scan reads out of a message is what protobuf-c reads.
#ifndef HOTLINE_TEST_FLAT_SAME_H
#define HOTLINE_TEST_FLAT_SAME_H

#include "wire_flat.h"

// Aborts where flat_scan takes any bytes otherwise than protobuf-c, or takes what that refuses. Returns whether it took them at all.
bool flat_same(const ProtobufCMessageDescriptor *type, struct text bytes);

#endif
