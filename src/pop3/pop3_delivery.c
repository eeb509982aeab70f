#include "pop3/pop3_delivery.h"

#include "pop3/pop3_session.h"

void pop3_delivery_init(struct pop3_delivery *delivery, uint32_t body_lines, uint64_t dots_end,
                        void (*emit)(void *, struct span), void *context)
{
    *delivery = (struct pop3_delivery){
        .emit = emit, .context = context, .is_cut = body_lines != POP3_SESSION_ALL_LINES};
    pop3_top_init(&delivery->top, body_lines);
    pop3_stuff_init(&delivery->stuff, dots_end);
}

bool pop3_delivery_content(struct pop3_delivery *delivery, struct span content)
{
    if (delivery->is_cut)
        content.n = pop3_top_next(&delivery->top, content);
    while (content.n) {
        bool dot;
        struct span run = pop3_stuff_next(&delivery->stuff, &content, &dot);

        if (dot)
            delivery->emit(delivery->context, SPAN("."));
        delivery->emit(delivery->context, run);
    }
    return !(delivery->is_cut && delivery->top.ended);
}

void pop3_delivery_end(struct pop3_delivery *delivery)
{
    delivery->emit(delivery->context, pop3_stuff_end(&delivery->stuff));
}
