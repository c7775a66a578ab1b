// Alerts as messages. There are more of them than of tickets, so they are written straight from our texts, byte for byte what protobuf-c would write from
// copies that end in NUL: wire_test.c compares both.
#include <string.h>

#include "varint.h"
#include "wire.h"

// The numbers of the fields in proto/alert.proto.
enum { ID = 1, RULE, TICKET_ID, UNIT, AT_MS, STATE, SEVERITY, DIMENSION, ARTICLE, EVIDENCE, NEXT_STEP, POLICY, REVISION };
enum { EVIDENCE_NAME = 1, EVIDENCE_VALUE };
enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

struct pen {
	uint8_t *at, *end;
	bool is_full;  // something found no room; nothing more is written
};

static void put_head(struct pen *pen, unsigned field, unsigned wire_type, uint64_t number)
{
	pen->is_full |= (size_t)(pen->end - pen->at) < 1 + varint_size(number);
	if (pen->is_full)
		return;
	*pen->at++ = (uint8_t)(field << 3 | wire_type);
	pen->at += varint_put(pen->at, number);
}

static void put_number(struct pen *pen, unsigned field, int64_t number)
{
	if (number)
		put_head(pen, field, WIRE_VARINT, (uint64_t)number);
}

static void put_text(struct pen *pen, unsigned field, struct text text)
{
	if (!text.size)
		return;
	put_head(pen, field, WIRE_BYTES, text.size);
	pen->is_full |= (size_t)(pen->end - pen->at) < text.size;
	if (pen->is_full)
		return;
	memcpy(pen->at, text.at, text.size);
	pen->at += text.size;
}

static size_t text_size(struct text text)
{
	return text.size ? 1 + varint_size(text.size) + text.size : 0;
}

static void put_evidence(struct pen *pen, struct text name, struct text value)
{
	put_head(pen, EVIDENCE, WIRE_BYTES, text_size(name) + text_size(value));
	put_text(pen, EVIDENCE_NAME, name);
	put_text(pen, EVIDENCE_VALUE, value);
}

size_t wire_pack_alert(const struct wire_alert *alert, uint8_t ret_bytes[WIRE_ALERT_BYTES_MAX])
{
	struct pen pen = { .at = ret_bytes, .end = ret_bytes + WIRE_ALERT_BYTES_MAX };
	put_text(&pen, ID, alert->id);
	put_text(&pen, RULE, alert->rule);
	put_text(&pen, TICKET_ID, alert->ticket_id);
	put_text(&pen, UNIT, alert->unit);
	put_number(&pen, AT_MS, alert->at_ms);
	put_number(&pen, STATE, alert->state);
	put_number(&pen, SEVERITY, alert->severity);
	put_text(&pen, DIMENSION, alert->dimension);
	put_text(&pen, ARTICLE, alert->article);
	for (uint32_t i = 0; i < alert->evidence_count; i++)
		put_evidence(&pen, alert->evidence[i].name, alert->evidence[i].value);
	put_text(&pen, NEXT_STEP, alert->next_step);
	put_text(&pen, POLICY, alert->policy);
	put_number(&pen, REVISION, alert->revision);
	return pen.is_full ? 0 : (size_t)(pen.at - ret_bytes);
}
