// Alerts as messages. There are more of them than of tickets, so they are written straight from our texts, byte for byte what protobuf-c would write from
// copies that end in NUL, and read in one pass over their bytes: wire_test.c and the fuzzer compare both.
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

// Each take_ returns the bytes read, 0 when what is there is not plain. So are varints of ten bytes, negative numbers: see wire_flat.c.
static size_t take_number(const uint8_t *at, const uint8_t *end, uint64_t *ret_number)
{
	size_t size = varint_get(at, (size_t)(end - at), ret_number);
	return size < VARINT_BYTES_MAX ? size : 0;
}

static size_t take_text(const uint8_t *at, const uint8_t *end, struct text *ret_text)
{
	uint64_t number;
	size_t size = take_number(at, end, &number);
	if (!size || number > (size_t)(end - at) - size)
		return 0;
	*ret_text = (struct text){ (const char *)at + size, (uint32_t)number };
	return size + number;
}

static bool take_evidence(struct text bytes, struct text *ret_name, struct text *ret_value)
{
	const uint8_t *at = (const uint8_t *)bytes.at, *end = at + bytes.size;
	*ret_name = *ret_value = TEXT("");
	while (at < end) {
		unsigned tag = *at++;
		if (tag != (EVIDENCE_NAME << 3 | WIRE_BYTES) && tag != (EVIDENCE_VALUE << 3 | WIRE_BYTES))
			return false;
		size_t size = take_text(at, end, tag >> 3 == EVIDENCE_NAME ? ret_name : ret_value);
		if (!size)
			return false;
		at += size;
	}
	return true;
}

static struct text *text_of_field(struct wire_alert *alert, unsigned field)
{
	switch (field) {
	case ID:
		return &alert->id;
	case RULE:
		return &alert->rule;
	case TICKET_ID:
		return &alert->ticket_id;
	case UNIT:
		return &alert->unit;
	case DIMENSION:
		return &alert->dimension;
	case ARTICLE:
		return &alert->article;
	case NEXT_STEP:
		return &alert->next_step;
	case POLICY:
		return &alert->policy;
	default:
		return NULL;
	}
}

static bool set_number(struct wire_alert *alert, unsigned field, uint64_t number)
{
	switch (field) {
	case AT_MS:
		alert->at_ms = (int64_t)number;
		return true;
	case REVISION:
		alert->revision = (int64_t)number;
		return true;
	case STATE:
		alert->state = (uint8_t)number;
		return number <= ALERT_RETRACTED;
	case SEVERITY:
		alert->severity = (uint8_t)number;
		return number <= SEVERITY_CRITICAL;
	default:
		return false;
	}
}

bool wire_scan_alert(struct text value, struct wire_alert *ret_alert)
{
	const uint8_t *at = (const uint8_t *)value.at, *end = at + value.size;
	struct wire_alert alert = { .state = 0 };
	if (value.size > WIRE_ALERT_BYTES_MAX || memchr(at, 0, value.size))
		return false;
	for (size_t size; at < end; at += size) {
		unsigned tag = *at++, field = tag >> 3;
		struct text text, *of = text_of_field(&alert, field);
		uint64_t number;
		if (tag >= 0x80)
			return false;
		if (of || field == EVIDENCE) {
			size = (tag & 7) == WIRE_BYTES ? take_text(at, end, of ? of : &text) : 0;
		} else {
			size = (tag & 7) == WIRE_VARINT ? take_number(at, end, &number) : 0;
			if (size && !set_number(&alert, field, number))
				return false;
		}
		if (!size)
			return false;
		if (field != EVIDENCE)
			continue;
		if (alert.evidence_count == RULE_EVIDENCE_MAX || !take_evidence(text, &alert.evidence[alert.evidence_count].name, &alert.evidence[alert.evidence_count].value))
			return false;
		alert.evidence_count++;
	}
	*ret_alert = alert;
	return alert.state >= ALERT_FIRING;
}
