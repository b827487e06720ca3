"""Where an order is drafted, proposed, agreed to and sent, once."""

from kis_mcp.trading.desk.closing import (
    Closing,
    draft_closing_in_lots,
    is_held_by,
    is_unchanged,
    pick_closings,
)
from kis_mcp.trading.desk.desk import OrderDesk
from kis_mcp.trading.desk.drafts import OrderCall, draft_cancel, draft_change, draft_order
from kis_mcp.trading.desk.inspection import Inspection
from kis_mcp.trading.desk.mandate_guard import end_all_mandates
from kis_mcp.trading.desk.mandate_question import mandate_facts, mandate_question
from kis_mcp.trading.desk.mandated import MandatedOrders
from kis_mcp.trading.desk.mandates import MandateDesk, usual_end
from kis_mcp.trading.desk.order_notices import NoticeReceiver
from kis_mcp.trading.desk.outcomes import OrderOutcome, Proposal
from kis_mcp.trading.desk.pre_trade import PreTradeChecks
from kis_mcp.trading.desk.preview import preview_order
from kis_mcp.trading.desk.question import QuestionFacts, joint_question, money
from kis_mcp.trading.desk.sending import OrderSender

__all__ = [
    "Closing",
    "Inspection",
    "MandateDesk",
    "MandatedOrders",
    "NoticeReceiver",
    "OrderCall",
    "OrderDesk",
    "OrderOutcome",
    "OrderSender",
    "PreTradeChecks",
    "Proposal",
    "QuestionFacts",
    "draft_cancel",
    "draft_change",
    "draft_closing_in_lots",
    "draft_order",
    "end_all_mandates",
    "is_held_by",
    "is_unchanged",
    "joint_question",
    "mandate_facts",
    "mandate_question",
    "money",
    "pick_closings",
    "preview_order",
    "usual_end",
]
