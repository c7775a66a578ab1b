#include "alert_same.h"

#include <assert.h>

#include "alert.pb-c.h"

static bool is_equal(struct text ours, const char *string)
{
	return text_equal(ours, text_of(string));
}

bool alert_same(struct text bytes)
{
	struct wire_alert alert;
	if (!wire_scan_alert(bytes, &alert))
		return false;
	Hotline__V1__Alert *message = hotline__v1__alert__unpack(NULL, bytes.size, (const uint8_t *)bytes.at);
	assert(message);
	assert(is_equal(alert.id, message->id) && is_equal(alert.rule, message->rule) && is_equal(alert.ticket_id, message->ticket_id));
	assert(is_equal(alert.unit, message->unit) && is_equal(alert.dimension, message->dimension) && is_equal(alert.article, message->article));
	assert(is_equal(alert.next_step, message->next_step) && is_equal(alert.policy, message->policy));
	assert(alert.at_ms == message->at_ms && alert.revision == message->revision);
	assert(alert.state == (int)message->state && alert.severity == (int)message->severity && alert.evidence_count == message->n_evidence);
	for (uint32_t i = 0; i < alert.evidence_count; i++)
		assert(is_equal(alert.evidence[i].name, message->evidence[i]->name) && is_equal(alert.evidence[i].value, message->evidence[i]->value));
	hotline__v1__alert__free_unpacked(message, NULL);
	return true;
}
