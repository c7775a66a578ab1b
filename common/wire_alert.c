// Alerts as messages. There are more of them than of tickets, so they are written straight from our texts, byte for byte what protobuf-c would write from
// copies that end in NUL, and read in one pass over their bytes: wire_test.c and the fuzzer compare both.
#include <assert.h>
#include <string.h>

#include "varint.h"
#include "wire.h"

// The numbers of the fields in proto/alert.proto.
enum { ID = 1, RULE, TICKET_ID, UNIT, AT_MS, STATE, SEVERITY, DIMENSION, ARTICLE, EVIDENCE, NEXT_STEP, POLICY, REVISION };
enum { EVIDENCE_NAME = 1, EVIDENCE_VALUE };
enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

void wire_alert_tell(struct wire_alert *alert, const struct evidence *evidence)
{
	alert->next_step = (struct text){ evidence->next_step, evidence->next_size };
	alert->evidence_count = evidence->count;
	for (uint32_t i = 0; i < evidence->count; i++) {
		alert->evidence[i].name = text_of(evidence->item[i].name);
		alert->evidence[i].value = (struct text){ evidence->item[i].value, evidence->item[i].size };
	}
}

// How many bytes each of the put_ below takes.
static size_t number_size(int64_t number)
{
	return number ? 1 + varint_size((uint64_t)number) : 0;
}

static size_t text_size(struct text text)
{
	return text.size ? 1 + varint_size(text.size) + text.size : 0;
}

static size_t evidence_size(struct text name, struct text value)
{
	return text_size(name) + text_size(value);
}

static size_t alert_size(const struct wire_alert *alert)
{
	size_t size = text_size(alert->id) + text_size(alert->rule) + text_size(alert->ticket_id) + text_size(alert->unit) + text_size(alert->dimension) +
		text_size(alert->article) + text_size(alert->next_step) + text_size(alert->policy) + number_size(alert->at_ms) + number_size(alert->state) +
		number_size(alert->severity) + number_size(alert->revision);
	for (uint32_t i = 0; i < alert->evidence_count; i++) {
		size_t own = evidence_size(alert->evidence[i].name, alert->evidence[i].value);
		size += 1 + varint_size(own) + own;
	}
	return size;
}

// Each writes a field where there is room, and returns where it ends.
static uint8_t *put_head(uint8_t *at, unsigned field, unsigned wire_type, uint64_t number)
{
	*at++ = (uint8_t)(field << 3 | wire_type);
	return at + varint_put(at, number);
}

static uint8_t *put_number(uint8_t *at, unsigned field, int64_t number)
{
	return number ? put_head(at, field, WIRE_VARINT, (uint64_t)number) : at;
}

static uint8_t *put_text(uint8_t *at, unsigned field, struct text text)
{
	if (!text.size)
		return at;
	at = put_head(at, field, WIRE_BYTES, text.size);
	memcpy(at, text.at, text.size);
	return at + text.size;
}

static uint8_t *put_evidence(uint8_t *at, struct text name, struct text value)
{
	at = put_head(at, EVIDENCE, WIRE_BYTES, evidence_size(name, value));
	return put_text(put_text(at, EVIDENCE_NAME, name), EVIDENCE_VALUE, value);
}

size_t wire_pack_alert(const struct wire_alert *alert, uint8_t ret_bytes[WIRE_ALERT_BYTES_MAX])
{
	size_t size = alert_size(alert);
	uint8_t *at = ret_bytes;
	if (size > WIRE_ALERT_BYTES_MAX)
		return 0;
	at = put_text(at, ID, alert->id);
	at = put_text(at, RULE, alert->rule);
	at = put_text(at, TICKET_ID, alert->ticket_id);
	at = put_text(at, UNIT, alert->unit);
	at = put_number(at, AT_MS, alert->at_ms);
	at = put_number(at, STATE, alert->state);
	at = put_number(at, SEVERITY, alert->severity);
	at = put_text(at, DIMENSION, alert->dimension);
	at = put_text(at, ARTICLE, alert->article);
	for (uint32_t i = 0; i < alert->evidence_count; i++)
		at = put_evidence(at, alert->evidence[i].name, alert->evidence[i].value);
	at = put_text(at, NEXT_STEP, alert->next_step);
	at = put_text(at, POLICY, alert->policy);
	at = put_number(at, REVISION, alert->revision);
	assert((size_t)(at - ret_bytes) == size);
	return size;
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
