// alert_same.h - what wire_scan_alert reads out of a message is what protobuf-c reads.
#ifndef HOTLINE_TEST_ALERT_SAME_H
#define HOTLINE_TEST_ALERT_SAME_H

#include "wire.h"

// Aborts where wire_scan_alert takes any bytes otherwise than protobuf-c, or takes what that refuses. Returns whether it took them at all.
bool alert_same(struct text bytes);

#endif
