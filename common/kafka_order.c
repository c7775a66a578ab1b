#include "kafka_order.h"

void kafka_order_start(struct kafka_order *order, int64_t offset)
{
	*order = (struct kafka_order){ .expected = offset, .hole_from = -1 };
}

enum order_verdict kafka_order_judge(struct kafka_order *order, int64_t offset)
{
	if (offset < order->expected)
		return ORDER_DROP;
	bool is_again = order->hole_from >= 0;
	if (order->expected < 0 || offset == order->expected) {
		order->hole_from = -1;
		order->holes = is_again ? 0 : order->holes;
		return is_again ? ORDER_TAKE_FOUND : ORDER_TAKE;
	}
	if (is_again || order->holes >= ORDER_HOLES_TRUSTED) {
		order->hole_from = -1;
		order->holes += order->holes < ORDER_HOLES_TRUSTED;
		return ORDER_TAKE;
	}
	order->hole_from = order->expected;
	return ORDER_AGAIN;
}
