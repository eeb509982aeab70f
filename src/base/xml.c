#include "base/xml.h"

void xml_add(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '<': buf_add(out, SPAN("&lt;")); break;
        case '>': buf_add(out, SPAN("&gt;")); break;
        case '&': buf_add(out, SPAN("&amp;")); break;
        case '"': buf_add(out, SPAN("&quot;")); break;
        default: buf_add_char(out, text.p[i]);
        }
    }
}
