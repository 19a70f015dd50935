"""What people at the demonstration company write down, and what its customers write to them.

Each text may name {item}, {serial}, {order}, {amount}, {date}, {fault}, {city}, {name} and {agent};
whoever uses a topic gives what its texts ask for.
"""

from __future__ import annotations

from collections.abc import Mapping

Text = tuple[str, str]
"""A call's summary and note, or the subject and body of what is written."""

REASONS: Mapping[str, str] = {
    "advice": "Which product suits",
    "order": "Placing or changing an order",
    "delivery": "Where a delivery is, or what is wrong with it",
    "use": "How something is used, set or cleaned",
    "fault": "Something does not work",
    "repair": "How a repair stands",
    "warranty": "Whether the warranty covers it",
    "return": "Giving something back",
    "invoice": "A question about an invoice",
    "payment": "When and how it will be paid",
    "complaint": "Not content with what we did",
    "details": "A new address, number or name",
    "price": "A question about prices",
    "service_plan": "The yearly service plan",
    "praise": "Content, and says so",
    "privacy": "What we keep, and what we may send",
    "other": "Anything else",
}
"""The company's list of reasons: code and what it stands for."""

CALLS: Mapping[str, Mapping[str, tuple[Text, ...]]] = {
    "advice": {
        "en": (
            ("Compares {item} with the next bigger one", "Drinks two milk drinks a day, small kitchen. Told them the smaller boiler is enough. Will think it over at the weekend."),
            ("Asks whether {item} suits a household of two", "Had a capsule machine so far. Interested in a grinder as well; sent the comparison by e-mail."),
            ("Wants to see {item} before buying", "Told opening hours of the store and that a machine is warmed up every day after eleven."),
            ("Is {item} loud? Baby sleeps next door", "Played a recording over the phone, laughed a lot. Likely to order."),
        ),
        "de": (
            ("Sucht Maschine für Büroküche, 12 Personen", "Tendenz zu {item}. Fragt nach Wasseranschluss; geht nicht, Tank 2 l. Schickt Grundriss."),
        ),
        "zh": (
            ("送礼咨询：{item} 是否适合初学者", "客人想送给父亲，没有用过意式咖啡机。建议搭配手摇磨豆机，周末再决定。"),
        ),
    },
    "delivery": {
        "en": (
            ("Parcel with {order} is two days late", "Carrier shows it stuck at the depot since {date}. Opened an enquiry, promised to call back tomorrow."),
            ("Box of {order} arrived dented, content fine", "Machine works. Asked for photos of the box for the carrier. Customer relaxed about it."),
            ("{order}: one item missing in the parcel", "The accessories were left out at packing. Sent them today without charge."),
            ("Neighbour took the parcel, found in the end", "{order} was signed for by somebody on the ground floor. Sorted while we were on the phone."),
        ),
        "de": (
            ("Lieferung {order} steht noch aus", "Laut Sendungsverfolgung zugestellt, Kunde hat nichts. Nachforschung eingeleitet."),
        ),
        "zh": (
            ("订单 {order} 清关延误", "海关要求补发票，已通过邮件发送，预计三天内放行。"),
        ),
    },
    "use": {
        "en": (
            ("How often to descale {item}", "Hard water in {city}. Every six weeks with our descaler, not vinegar. Explained the light sequence."),
            ("Espresso from {item} runs through in eight seconds", "Grind too coarse. Went finer step by step on the phone until it took 26 seconds. Very happy."),
            ("Cannot find the water hardness setting of {item}", "Hold both buttons while switching on. Page 14 of the manual; sent the PDF as well."),
            ("May {item} stay switched on all day?", "It goes to sleep after half an hour. Showed how to change that."),
            ("First cup from {item} is always too cold", "Rinse once before the first shot, warm the cup. Will try."),
        ),
        "de": (
            ("Milchschaum wird nicht fein", "Dampflanze von {item} war halb verstopft. Reinigung am Telefon erklärt, klappt."),
            ("Wie oft entkalken?", "{item}, sehr hartes Wasser in {city}. Alle sechs Wochen, kein Essig. Filter empfohlen."),
            ("Kaffee läuft zu schnell durch", "{item}: feiner mahlen, 18 g, leicht andrücken. Meldet sich, falls es nicht hilft."),
            ("Anzeige blinkt nach dem Entkalken", "Tank ganz leeren, Tassentaste fünf Sekunden. Erledigt."),
        ),
        "zh": (
            ("{item} 多久除垢一次", "当地水质较硬，建议每六周一次，使用专用除垢片。"),
            ("{item} 奶泡不够细腻", "电话指导清洁蒸汽棒，问题解决。"),
        ),
    },
    "use_grinder": {
        "en": (
            ("Which grind for a moka pot?", "Between 14 and 16 on the {item}. Recommended the Sidamo roast."),
            ("How to clean the burrs of {item}", "Brush only, no water. Twice a year is plenty at home."),
            ("Grounds of {item} stick to the cup", "Static in winter. One drop of water on the beans helps; laughed, but tried it at once."),
            ("Lost the zero point of {item}", "Turned it finer until it touches, then two back. Works."),
        ),
        "de": (
            ("Welcher Mahlgrad für Filter?", "{item}: zwischen 20 und 24, je nach Röstung."),
            ("Mahlwerk reinigen", "{item}: nur bürsten, kein Wasser. Video geschickt."),
        ),
        "zh": (("{item} 如何调节研磨度", "逐步讲解，建议从刻度12开始，每次调半格。客人表示明白。"),),
    },
    "fault": {
        "en": (
            ("{item} {fault}", "Serial {serial}. Tried reset and another socket, no change. Agreed to send it in; label sent by e-mail."),
            ("{item}: {fault}", "Started about a week ago, serial {serial}. Not dropped, descaled regularly. Workshop it is."),
            ("Reports that {item} {fault}", "Asked for a short video to {serial}. Looks like a case for the workshop."),
        ),
        "de": (
            ("{item} funktioniert nicht richtig", "Fehlerbild: {fault}. Seriennummer {serial}. Kunde schickt das Gerät ein, Etikett per Mail."),
        ),
        "zh": (
            ("{item} 故障报修", "现象：{fault}。序列号 {serial}。已发送寄修标签。"),
        ),
    },
    "batch": {
        "en": (
            ("Trito 2 {serial} {fault}", "Serial is in the batch with the burr carriers that were hardened wrongly. Told the customer it is our fault and that we exchange the carrier free of charge."),
            ("Read about the Trito 2 exchange, checks the serial", "{serial} is affected. Prefers repair to a new one because of the colour."),
            ("Another Trito 2 from the batch, {serial}", "Very annoyed, second call this week. Apologised, express label sent. Please handle first."),
        ),
        "de": (
            ("Trito 2 blockiert, Seriennr. {serial}", "Betroffene Charge. Austausch des Mahlscheibenträgers angeboten, Kunde einverstanden."),
        ),
    },
    "repair": {
        "en": (
            ("Asks how the repair of {item} stands", "Workshop says parts are in, two more working days. Customer fine with that."),
            ("When does {item} come back?", "Promised for the end of the week. Will get a tracking number by e-mail."),
            ("Chases the repair of {item}, third time", "Sounds fair: nobody had told them about the missing pump. Asked workshop to ring them directly."),
        ),
        "de": (
            ("Fragt nach Stand der Reparatur", "{item} liegt zur Diagnose. Rückruf spätestens übermorgen zugesagt."),
        ),
    },
    "return": {
        "en": (
            ("Wants to send {item} back", "Within the fourteen days. Too big for the kitchen. Label sent, money back after the check."),
            ("Gift, already had one: returns {item}", "Unopened. Refund to the card it was paid with."),
        ),
        "de": (
            ("Möchte {item} zurückgeben", "Widerruf fristgerecht. Rücksendeetikett per Mail."),
        ),
    },
    "cancel": {
        "en": (
            ("Cancels {order}, ordered twice by mistake", "Second click on a slow line. Stopped before packing."),
            ("Cancels {order}, found a used one", "Not dispatched yet. No hard feelings, may come back for beans."),
        ),
        "de": (
            ("Storno {order}, falsche Farbe bestellt", "Noch nicht verschickt, storniert. Bestellt neu im Shop."),
        ),
    },
    "invoice": {
        "en": (
            ("Needs the VAT number on the invoice for {order}", "Corrected invoice sent by e-mail."),
            ("Asks why {order} shows delivery charges", "Under the free delivery limit by two euros. Waived it as a gesture."),
            ("Cannot find the invoice for {order}", "In the spam folder. Sent again anyway."),
        ),
        "de": (
            ("Rechnung {order} bitte auf Firma umschreiben", "Neue Rechnung erstellt, alte ersetzt."),
        ),
    },
    "dunning": {
        "en": (
            ("Reminded of invoice {order}, {amount} open", "Bookkeeper on holiday until Monday, transfer goes out then. Noted."),
            ("{order} overdue: promises to pay by {date}", "Friendly, cash is tight after the season. Agreed to the date, no further delivery before."),
            ("Rang about {order}, says it was paid", "No money here. Asked for the bank's confirmation by e-mail."),
            ("{order}: no answer, left a message", "Second try this week. Number on the invoice rings through."),
        ),
        "de": (
            ("Offene Rechnung {order}, {amount}", "Zahlung bis {date} zugesagt. Buchhaltung meldet sich, falls es nicht klappt."),
        ),
    },
    "complaint": {
        "en": (
            ("Complains: waited 20 minutes in the queue", "Heard them out. Problem itself was small: a missing gasket, goes out today."),
            ("Says the store was closed on a Saturday morning", "Was the inventory day, sign fell off the door. Sent a bag of beans as an apology."),
        ),
    },
    "price": {
        "en": (
            ("Heard of the price rise, orders before it", "Confirmed the old price for orders before the day."),
            ("Not amused about the new prices", "Explained coffee and steel. Stays with us, asks for a quote for the year."),
        ),
        "de": (
            ("Fragt, ob alte Preise noch gelten", "Bis Monatsende ja. Bestellt heute im Shop."),
        ),
    },
    "plan": {
        "en": (
            ("Offered the yearly service plan for {item}", "Interested, wants to read the terms. Sent by e-mail."),
            ("Service plan: says yes", "Starts with the next visit to the workshop. Ordered while on the phone."),
            ("Service plan: not now", "Descales by the book and does the gaskets alone. Respect."),
            ("Rang about the service plan, mailbox", "Left a short message, no second try planned."),
        ),
    },
    "praise": {
        "en": (
            ("Just wanted to say thank you", "{item} makes the best flat white in {city}, apparently. Passed on to the workshop."),
            ("Recommended us to a neighbour", "Neighbour has called as well, see there."),
        ),
    },
    "called_back": {
        "en": (
            ("Called back about {item}", "Works now. Will ring again if not."),
            ("Asked whether {item} behaves", "Better, not perfect yet. Sent the grind chart; closed from our side."),
            ("Rang to hear how it goes with {item}", "Very pleased that somebody asks. Nothing open."),
        ),
        "de": (("Nachgefragt wegen {item}", "Klappt jetzt. Kein weiterer Bedarf."),),
        "zh": (("回访：{item}", "问题已解决，客人很满意。"),),
    },
    "repaired": {
        "en": (
            ("Happy with the repair of {item}", "Came back cleaner than it went. Will write a review."),
            ("{item} is back and works", "Wanted us to know. Praised the note that Yuki had put into the box."),
        ),
        "de": (("Zufrieden mit der Reparatur", "{item} läuft leiser als vorher. An die Werkstatt weitergegeben."),),
        "zh": (("{item} 维修后正常", "客人来电致谢。"),),
    },
    "details": {
        "en": (
            ("Moved, new address", "Updated while on the phone. Parcels to the new address from now on."),
            ("New mobile number", "Old one goes to the daughter. Changed."),
        ),
        "de": (
            ("Neue Adresse nach Umzug", "Geändert. Rechnung bitte weiterhin per Mail."),
        ),
    },
    "regular": {
        "en": (
            ("Usual order, plus two bags of decaf", "New barista drinks decaf only. Goes out with tomorrow's round."),
            ("Banco: group two a bit slower than group one", "Told them to backflush, should be fine. Will ring if not."),
            ("Asks for an earlier delivery before the long weekend", "Moved to Wednesday. Told dispatch."),
            ("Staff training: two people in spring?", "Katrin will offer dates. Paid last time, free for regulars."),
            ("Checks last month's invoices with us", "All agree but one, which was in their spam folder."),
            ("Beans taste sharper than last week", "New harvest, roast a little longer next time. Thanked for the feedback."),
            ("Wants to try the Sidamo for filter", "Put two bags in as a sample."),
            ("Counted the cups: 1,100 a week now", "Grinder burrs due sooner than planned. Follow up in spring."),
        ),
        "de": (
            ("Fragt nach Wartungstermin für die Banco", "Emil kommt Donnerstag vor Öffnung, Dichtungen mitnehmen."),
        ),
    },
    "family": {
        "en": (
            ("Asks about an order of somebody else in the family", "They share one mailbox. Made sure which of the two it is about before saying anything."),
        ),
    },
}  # fmt: skip

MAILS: Mapping[str, Mapping[str, tuple[Text, ...]]] = {
    "order_confirmed": {
        "en": (("Your order {order}", "Dear {name},\n\nthank you for your order {order} over {amount}. We pack it today or on the next working day.\n\nYour coffee machine people"),),
        "de": (("Ihre Bestellung {order}", "Guten Tag {name},\n\nvielen Dank für Ihre Bestellung {order} über {amount}. Sie wird heute oder am nächsten Werktag verpackt.\n\nIhr Team"),),
        "zh": (("您的订单 {order}", "{name}，您好！\n\n感谢您的订单 {order}，金额 {amount}。我们将在一个工作日内发货。"),),
    },
    "light": {
        "en": (("{item}: orange light", "Hello,\n\nthe light on my {item} blinks orange twice and then goes off. It brews fine. Is that the descaling reminder or something else?\n\nBest wishes\n{name}"),),
        "de": (("Frage zur {item}", "Guten Tag,\n\nseit dem Entkalken blinkt die Anzeige weiter. Was mache ich falsch?\n\nViele Grüße\n{name}"),),
        "zh": (("{item} 指示灯闪烁", "您好，\n\n机器的橙色灯闪两下后熄灭，出咖啡正常。请问是除垢提醒吗？谢谢！\n\n{name}"),),
    },
    "light_answer": {
        "en": (("Re: {item}: orange light", "Dear {name},\n\nthat is the reminder to descale: it comes after 200 cups. Two pieces of our descaler, then hold the cup button for five seconds.\n\nKind regards\n{agent}"),),
        "de": (("AW: Frage zur {item}", "Guten Tag {name},\n\nbitte einmal den Tank ganz leeren und die Tassentaste fünf Sekunden halten. Dann geht die Anzeige aus.\n\nFreundliche Grüße\n{agent}"),),
        "zh": (("回复：{item} 指示灯闪烁", "{name}，您好！\n\n这是除垢提醒，每200杯一次。请用两片除垢片，完成后按住杯键五秒。\n\n{agent}"),),
    },
    "bitter": {
        "en": (
            ("{item}: bitter coffee", "Hi there,\n\nlove the machine, but everything tastes bitter. Beans are three weeks old. What should I change first?\n\n{name}"),
            ("Bitter espresso", "Hello,\n\nmy shots take 45 seconds and taste of ash. I have the {item} since last month.\n\nThanks\n{name}"),
        ),
        "de": (("{item}: Kaffee zu bitter", "Hallo,\n\nder Bezug dauert fast 40 Sekunden und schmeckt bitter. Was sollte ich zuerst ändern?\n\nBeste Grüße\n{name}"),),
        "zh": (("{item}：咖啡偏苦", "您好，萃取约四十秒，味道偏苦，请问先调整什么？\n\n{name}"),),
    },
    "bitter_answer": {
        "en": (("Re: bitter coffee", "Dear {name},\n\ngo one step coarser and use 18 g for 36 g in the cup. If it is still bitter, tell me how long the shot takes.\n\nKind regards\n{agent}"),),
        "de": (("AW: {item}: Kaffee zu bitter", "Guten Tag {name},\n\neine Stufe gröber, 18 g hinein, 36 g in die Tasse. Ziel sind 25 bis 30 Sekunden.\n\nFreundliche Grüße\n{agent}"),),
        "zh": (("回复：{item}：咖啡偏苦", "{name}，您好！\n\n请把研磨调粗一格，18克粉出36克液，目标25到30秒。\n\n{agent}"),),
    },
    "water": {
        "en": (("Water for {item}", "Good morning,\n\nour water is very hard. Do I need your filters or is bottled water all right?\n\nThanks, {name}"),),
        "de": (("Welches Wasser für {item}?", "Guten Tag,\n\nunser Wasser hat 19 °dH. Reicht der Filter, oder besser stilles Wasser aus der Flasche?\n\n{name}"),),
        "zh": (("{item} 用什么水", "您好，我们这里水质较硬，需要滤芯还是可以用瓶装水？\n\n{name}"),),
    },
    "water_answer": {
        "en": (("Re: Water for {item}", "Dear {name},\n\nboth will do; bottled water should not be too soft either. With our filter you descale every three months.\n\n{agent}"),),
        "de": (("AW: Welches Wasser für {item}?", "Guten Tag {name},\n\nmit dem Filter genügt Leitungswasser; entkalken Sie dann alle drei Monate.\n\n{agent}"),),
        "zh": (("回复：{item} 用什么水", "{name}，您好！\n\n使用滤芯即可，每三个月除垢一次。\n\n{agent}"),),
    },
    "grind": {
        "en": (("Setting of {item} for filter coffee", "Hello,\n\nwhere on the scale should I start for a hand filter, light roast?\n\n{name}"),),
        "de": (("Mahlgrad {item}", "Hallo,\n\nwelche Einstellung empfehlen Sie für Siebträger mit heller Röstung?\n\nBeste Grüße\n{name}"),),
        "zh": (("{item} 手冲研磨度", "您好，浅烘手冲建议从哪个刻度开始？\n\n{name}"),),
    },
    "grind_answer": {
        "en": (("Re: Setting of {item} for filter coffee", "Dear {name},\n\nstart at 22 and go finer until three minutes for 300 ml. Light roasts like it a little finer than you would think.\n\n{agent}"),),
        "de": (("AW: Mahlgrad {item}", "Guten Tag {name},\n\nbeginnen Sie bei 7 und gehen Sie feiner, bis der Bezug 28 Sekunden dauert.\n\n{agent}"),),
        "zh": (("回复：{item} 手冲研磨度", "{name}，您好！\n\n建议从22开始，300毫升控制在三分钟左右。\n\n{agent}"),),
    },
    "static": {
        "en": (("Coffee dust everywhere", "Hi,\n\nmy {item} throws grounds all over the kitchen on dry days. Is that normal?\n\n{name}"),),
        "de": (("{item} staubt", "Guten Tag,\n\nbei trockener Luft fliegt das Pulver überall hin. Ist das normal?\n\n{name}"),),
        "zh": (("{item} 飞粉", "您好，天气干燥时咖啡粉飞得到处都是，这正常吗？\n\n{name}"),),
    },
    "static_answer": {
        "en": (("Re: Coffee dust everywhere", "Dear {name},\n\nthat is static. Stir the beans with a wet spoon handle before grinding, that is all it takes.\n\n{agent}"),),
        "de": (("AW: {item} staubt", "Guten Tag {name},\n\ndas ist statische Aufladung: Bohnen vor dem Mahlen mit einem feuchten Löffelstiel umrühren.\n\n{agent}"),),
        "zh": (("回复：{item} 飞粉", "{name}，您好！\n\n这是静电，研磨前用沾湿的勺柄搅拌一下豆子即可。\n\n{agent}"),),
    },
    "delivery": {
        "en": (("Where is {order}?", "Hello,\n\nI ordered a week ago and the tracking has not moved since {date}. It is a birthday present. Can you find out?\n\n{name}"),),
        "de": (("Wo bleibt {order}?", "Guten Tag,\n\ndie Sendungsverfolgung steht seit {date} still. Können Sie bitte nachfragen?\n\n{name}"),),
        "zh": (("订单 {order} 到哪里了？", "您好，物流信息从 {date} 起没有更新，请帮忙查询。\n\n{name}"),),
    },
    "delivery_answer": {
        "en": (("Re: Where is {order}?", "Dear {name},\n\nthe carrier has found it: it goes on the van tomorrow. Sorry for the wait, a bag of beans is on its way as well.\n\n{agent}"),),
        "de": (("AW: Wo bleibt {order}?", "Guten Tag {name},\n\nIhr Paket ist gefunden und kommt morgen. Entschuldigen Sie die Verzögerung.\n\n{agent}"),),
        "zh": (("回复：订单 {order}", "{name}，您好！\n\n包裹已找到，明天派送。给您带来不便，非常抱歉。\n\n{agent}"),),
    },
    "fault": {
        "en": (("{item} {serial}: {fault}", "Hello,\n\nmy {item} ({serial}) has a problem: {fault}. I bought it on {date}. What do I do now?\n\nRegards\n{name}"),),
        "de": (("{item} defekt", "Guten Tag,\n\nleider macht meine {item} (Nr. {serial}) Probleme: {fault}. Gekauft am {date}. Wie gehen wir vor?\n\n{name}"),),
        "zh": (("{item} 出现故障", "您好，我的 {item}（序列号 {serial}）出现问题：{fault}。购买日期 {date}，请问如何处理？\n\n{name}"),),
    },
    "label": {
        "en": (("Your return label", "Dear {name},\n\nplease pack {item} {serial} without water tank and beans, and put the label on the box. It is free of charge for you.\n\n{agent}"),),
        "de": (("Ihr Rücksendeetikett", "Guten Tag {name},\n\nbitte {item} {serial} ohne Tank und Bohnen verpacken und das Etikett aufkleben. Für Sie kostenlos.\n\n{agent}"),),
        "zh": (("寄修标签", "{name}，您好！\n\n请取下水箱后包装 {item}（{serial}），并贴上附件中的标签，运费由我们承担。\n\n{agent}"),),
    },
    "recall": {
        "en": (("Your Trito 2 {serial}: please read", "Dear {name},\n\nyour grinder belongs to a batch in which a part was hardened wrongly. It may block or grind unevenly; it is not dangerous. We exchange the part free of charge, whatever the warranty says. Just answer this mail.\n\n{agent}"),),
        "de": (("Ihre Trito 2 {serial}: bitte lesen", "Guten Tag {name},\n\nIhre Mühle gehört zu einer Charge, bei der ein Teil falsch gehärtet wurde. Sie kann blockieren, gefährlich ist das nicht. Wir tauschen das Teil kostenlos. Bitte antworten Sie einfach auf diese Mail.\n\n{agent}"),),
        "zh": (("您的 Trito 2（{serial}）：重要通知", "{name}，您好！\n\n您的磨豆机属于零件硬化不合格的批次，可能会卡住，但没有危险。我们免费为您更换，请直接回复本邮件。\n\n{agent}"),),
    },
    "recall_answer": {
        "en": (
            ("Re: Your Trito 2 {serial}: please read", "Hi,\n\nthanks for being open about it. Mine is fine so far but I would rather have it exchanged. Please send the label.\n\n{name}"),
            ("Re: Your Trito 2 {serial}: please read", "So that is why it howls. I nearly threw it out. Please exchange it.\n\n{name}"),
        ),
        "de": (("AW: Ihre Trito 2 {serial}", "Guten Tag,\n\ndanke für den Hinweis, bitte schicken Sie mir ein Etikett.\n\n{name}"),),
        "zh": (("回复：您的 Trito 2", "您好，请寄标签给我，谢谢。\n\n{name}"),),
    },
    "price": {
        "en": (("New prices from {date}", "Dear {name},\n\nsteel, freight and green coffee cost us more than a year ago. From {date} our prices rise by six per cent. Orders before that day keep the old price.\n\n{agent}"),),
        "de": (("Neue Preise ab {date}", "Guten Tag {name},\n\nStahl, Fracht und Rohkaffee sind teurer geworden. Ab {date} steigen unsere Preise um sechs Prozent. Bis dahin gilt der alte Preis.\n\n{agent}"),),
        "zh": (("{date} 起调整价格", "{name}，您好！\n\n由于钢材、运费和生豆成本上涨，自 {date} 起价格上调6%。此前的订单仍按原价。\n\n{agent}"),),
    },
    "reminder": {
        "en": (("Invoice {order}: a friendly reminder", "Dear {name},\n\nwe have not seen the payment of {amount} for {order} yet. If it crossed with this mail, please forget about it.\n\n{agent}, accounts"),),
        "de": (("Rechnung {order}: freundliche Erinnerung", "Guten Tag {name},\n\nfür {order} sind noch {amount} offen. Hat sich die Zahlung überschnitten, betrachten Sie diese Mail als erledigt.\n\n{agent}, Buchhaltung"),),
        "zh": (("发票 {order}：付款提醒", "{name}，您好！\n\n发票 {order} 尚有 {amount} 未付。如已付款，请忽略本邮件。\n\n{agent}"),),
    },
    "dispute": {
        "en": (("Re: Invoice {order}", "Hello,\n\none of the boxes was missing in that delivery, so we pay the rest when it is here.\n\n{name}"),),
        "de": (("AW: Rechnung {order}", "Guten Tag,\n\nbei dieser Lieferung fehlte ein Karton. Wir zahlen den Rest, sobald er da ist.\n\n{name}"),),
        "zh": (("回复：发票 {order}", "您好，这批货少了一箱，收到后我们付清余款。\n\n{name}"),),
    },
    "quote": {
        "en": (("Quote for the repair of {item}", "Dear {name},\n\nrepairing your {item} {serial} would cost {amount}, parts and return included. Shall we?\n\n{agent}, workshop"),),
        "de": (("Kostenvoranschlag {item}", "Guten Tag {name},\n\ndie Reparatur Ihrer {item} {serial} kostet {amount}, einschließlich Teile und Rückversand. Sollen wir?\n\n{agent}, Werkstatt"),),
        "zh": (("{item} 维修报价", "{name}，您好！\n\n{item}（{serial}）的维修费用为 {amount}，含配件和回寄运费。请问是否维修？\n\n{agent}"),),
    },
    "quote_yes": {
        "en": (("Re: Quote", "Yes please, go ahead.\n\n{name}"), ("Re: Quote", "Fine with me. It has earned it.\n\n{name}")),
        "de": (("AW: Kostenvoranschlag", "Ja, bitte reparieren.\n\n{name}"),),
        "zh": (("回复：维修报价", "同意维修，谢谢。\n\n{name}"),),
    },
    "quote_no": {
        "en": (("Re: Quote", "That is more than I want to spend on it. Please send it back as it is.\n\n{name}"),),
        "de": (("AW: Kostenvoranschlag", "Das lohnt sich für mich nicht mehr. Bitte unrepariert zurück.\n\n{name}"),),
        "zh": (("回复：维修报价", "费用太高，请原样寄回。\n\n{name}"),),
    },
    "return": {
        "en": (("Returning {order}", "Hello,\n\nI would like to return {item} from {order}. It is a fine thing but does not fit under the cupboard.\n\n{name}"),),
        "de": (("Widerruf {order}", "Guten Tag,\n\nhiermit widerrufe ich den Kauf von {item} ({order}). Bitte senden Sie mir ein Etikett.\n\n{name}"),),
        "zh": (("退货 {order}", "您好，我想退回 {item}（订单 {order}），尺寸不合适。\n\n{name}"),),
    },
    "refunded": {
        "en": (("Your refund for {order}", "Dear {name},\n\n{item} has arrived and is in order. {amount} are on the way back to you.\n\n{agent}"),),
        "de": (("Ihre Erstattung {order}", "Guten Tag {name},\n\n{item} ist angekommen. {amount} sind auf dem Weg zu Ihnen.\n\n{agent}"),),
        "zh": (("订单 {order} 退款", "{name}，您好！\n\n{item} 已收到，{amount} 将原路退回。\n\n{agent}"),),
    },
    "plan": {
        "en": (("The yearly service plan", "Dear {name},\n\nas promised: once a year your {item} comes to us, gets new gaskets, is descaled and checked. {amount} a year, freight included.\n\n{agent}"),),
        "de": (("Der jährliche Service", "Guten Tag {name},\n\nwie versprochen: einmal im Jahr kommt Ihre {item} zu uns und erhält neue Dichtungen, Entkalkung und Prüfung. {amount} im Jahr.\n\n{agent}"),),
        "zh": (("年度保养计划", "{name}，您好！\n\n您的 {item} 每年寄来一次，更换密封圈、除垢并检查，每年 {amount}，含运费。\n\n{agent}"),),
    },
    "unsubscribe": {
        "en": (("No more newsletters please", "Please take me off the list. Nothing personal, too many mails.\n\n{name}"),),
        "de": (("Bitte keine Werbung mehr", "Bitte streichen Sie mich aus dem Verteiler.\n\n{name}"),),
        "zh": (("请取消订阅", "请不要再发送促销邮件，谢谢。\n\n{name}"),),
    },
    "erase": {
        "en": (("Please delete my data", "Hello,\n\nplease delete everything you keep about me, as the law provides. I need no confirmation by post.\n\n{name}"),),
        "de": (("Löschung meiner Daten", "Guten Tag,\n\nbitte löschen Sie alle zu mir gespeicherten Daten nach Art. 17 DSGVO.\n\n{name}"),),
        "zh": (("请删除我的数据", "您好，请删除你们保存的所有关于我的数据。\n\n{name}"),),
    },
    "regular": {
        "en": (
            ("Order for next week", "Hi both,\n\nthe usual please, and one box of cleaning tablets.\n\n{name}"),
            ("Re: Order for next week", "Noted, comes on Tuesday with the early round.\n\n{agent}"),
            ("Statement", "Could you send us the open items at the end of the quarter? Our tax adviser likes paper.\n\n{name}"),
        ),
        "de": (
            ("Bestellung nächste Woche", "Moin,\n\nwie immer, dazu bitte zwei Kilo mehr, wir haben eine Hochzeit.\n\n{name}"),
            ("Lieferung Dienstag", "Bitte vor acht, ab acht ist vorne alles voll.\n\n{name}"),
            ("Saldenbestätigung", "Für den Jahresabschluss bräuchten wir eine Bestätigung der offenen Posten.\n\n{name}"),
        ),
        "zh": (("下周订货", "您好，照旧，另加一盒清洁片。\n\n{name}"),),
    },
}  # fmt: skip

LETTERS: Mapping[str, Mapping[str, tuple[Text, ...]]] = {
    "dunning": {
        "en": (
            ("Second reminder, invoice {order}", "Sent by registered post. {amount} due at once, further deliveries against payment in advance only."),
        ),
        "de": (
            ("Zweite Mahnung, Rechnung {order}", "Einschreiben. {amount} sofort fällig, Mahngebühr verzichtet."),
        ),
    },
    "complaint": {
        "en": (
            ("Complaint about {item}, serial {serial}", "Two pages by hand, polite but firm: repaired twice, still {fault}. Wants the money back or a new one within two weeks."),
        ),
        "de": (
            ("Beschwerde über {item}", "Nach zweiter Reparatur wieder: {fault}. Setzt Frist von zwei Wochen, sonst Rücktritt vom Kauf."),
        ),
    },
    "complaint_answer": {
        "en": (
            ("Our answer to your letter of {date}", "Apology, full refund of {amount} for {item}, and a bag of beans. Signed by Priya."),
        ),
    },
    "recall": {
        "en": (
            ("Free exchange for your Trito 2, serial {serial}", "The batch letter, by post because no e-mail consent is known. Reply card enclosed."),
        ),
    },
    "price": {
        "en": (
            ("Price list from {date}", "Six per cent on everything, framework prices as agreed. With the new list."),
        ),
    },
    "contract": {
        "en": (
            ("Framework agreement for the coming year", "Signed copy came back by post. Prices fixed for twelve months, 30 days to pay."),
        ),
        "de": (
            ("Wartungsvertrag Banco, unterschrieben", "Zwei Termine im Jahr, Verschleißteile inklusive."),
        ),
    },
    "thanks": {
        "en": (
            ("A postcard from {city}", "Thanks for the patience on the phone, with a drawing of {item}. Hung up in the workshop."),
            ("A thank-you written by hand", "For the good advice on {item}, in perfect script. Framed by Emil."),
        ),
    },
    "lawyer": {
        "en": (
            ("Letter of the customer's lawyer", "Claims water damage to a kitchen floor from {item} {serial}. Passed to the insurer; nothing may be deleted."),
        ),
    },
}  # fmt: skip

NOTES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "call": {
        "en": (
            "Called back, all fine now.",
            "Reached on the second try. Closed.",
            "Sent the PDF again, first mail bounced.",
            "Kundin hat sich gemeldet, hat sich erledigt.",
            "Spoke to dispatch: goes out today.",
            "Prefers calls after five.",
            "Checked with Emil, the answer above is right.",
            "Colleague in London had the same question last week, see the article on hard water.",
        ),
        "zh": (
            "已回电，客人满意。",
        ),
    },
    "repair": {
        "en": (
            "Pump on back order, expected next week.",
            "Descaled twice before anything could be measured.",
            "Customer added a note with a drawing of the leak. Lovely.",
            "Housing scratched on arrival, photos taken.",
        ),
        "de": (
            "Kunde informiert, dass es zwei Tage länger dauert.",
        ),
    },
    "money": {
        "en": (
            "Bank confirms the transfer, on our account tomorrow.",
            "Bookkeeping asks to send reminders to their new address.",
        ),
        "de": (
            "Teilzahlung vereinbart, Rest bis Monatsende.",
        ),
    },
}  # fmt: skip

FOLLOW_UPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "call": {
        "en": (
            "Call back whether it works now",
            "Ask whether the parcel arrived",
            "Send the comparison and ring again",
        ),
        "de": (
            "Rückruf wegen Termin",
        ),
        "zh": (
            "回电确认",
        ),
    },
    "payment": {
        "en": (
            "Check whether the promised payment came",
            "Ring the bookkeeper",
        ),
        "de": (
            "Zahlungseingang prüfen",
        ),
    },
    "repair": {
        "en": (
            "Tell the customer how the repair stands",
            "Ask again whether the quote is accepted",
        ),
    },
    "offer": {
        "en": (
            "Offer the service plan",
            "Send the new price list",
            "Invite to the tasting",
        ),
    },
}  # fmt: skip

FINDINGS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Pump worn, 1.2 bar only", (("SP-PUMP", "21.40"),)),
    ("Thermostat of the boiler broken", (("SP-THERM", "9.80"),)),
    ("Scale in valve and boiler, three-way valve stuck", (("SP-VALVE", "17.60"), ("A-DESCALE", "5.10"))),
    ("Group gasket hard and cracked", (("A-GASKET", "3.40"),)),
    ("Flow meter gives no pulses", (("SP-FLOW", "12.90"),)),
    ("Steuerplatine nach Feuchtigkeit ausgefallen", (("SP-BOARD", "46.00"),)),
)  # fmt: skip
GRINDER_FINDINGS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Burrs blunt", (("A-BURRS", "11.20"),)),
    ("Stone between the burrs, carrier bent", (("A-BURRS", "11.20"), ("SP-CARRIER", "14.50"))),
    ("Motor capacitor gone", (("SP-CAP", "4.30"),)),
    ("Einstellring ausgeschlagen", (("SP-RING", "6.10"),)),
)
BATCH_FINDING = "Burr carrier hardened wrongly, batch 41–43: exchanged"

LATE_REASONS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Was on a home visit, laptop stayed in the office",
        "Written down from the paper pad after the fair",
        "Telephone system was down, calls noted by hand",
        "Found on a sticky note at the London desk",
        "Colleague was on holiday and told me on return",
    ),
    "de": ("Nachgetragen, war krank",),
}
CORRECTIONS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Wrong order number typed in",
        "Customer spelt the street differently",
        "Mixed up with the call before",
        "Duration was of another call",
    ),
    "de": ("Tippfehler",),
}
WITHDRAWALS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Logged twice",
        "Was an internal test call",
        "Wrong customer, the right one has it already",
    ),
}


FAULTS: Mapping[str, Mapping[str, str]] = {
    "lukewarm": {
        "en": "brews lukewarm and the pressure stays low",
        "de": "Kaffee nur lauwarm, Druck bleibt niedrig",
        "zh": "出水温度低，压力不足",
    },
    "drips": {
        "en": "drips from the group head long after the shot",
        "de": "tropft nach dem Bezug lange nach",
        "zh": "萃取后冲煮头持续滴水",
    },
    "no_water": {
        "en": "pump runs but hardly any water comes",
        "de": "Pumpe läuft, es kommt kaum Wasser",
        "zh": "水泵运转但几乎不出水",
    },
    "switches_off": {
        "en": "switches off by itself after a minute",
        "de": "schaltet sich nach einer Minute selbst ab",
        "zh": "开机一分钟后自动关机",
    },
    "no_steam": {
        "en": "hisses but gives no dry steam",
        "de": "zischt, aber kein trockener Dampf",
        "zh": "蒸汽棒有声音但蒸汽不足",
    },
    "hums": {
        "en": "hums and does not grind",
        "de": "brummt nur und mahlt nicht",
        "zh": "有嗡嗡声但不研磨",
    },
    "slips": {
        "en": "grind setting slips back while running",
        "de": "Mahlgrad verstellt sich beim Mahlen",
        "zh": "研磨时刻度自动回退",
    },
    "coarse": {
        "en": "grinds too coarse even on the finest setting",
        "de": "mahlt selbst auf feinster Stufe zu grob",
        "zh": "最细档仍然过粗",
    },
    "rattles": {
        "en": "rattles, and grounds come out in bursts",
        "de": "rasselt, Pulver kommt stoßweise",
        "zh": "有异响，出粉不均匀",
    },
    "blocks": {
        "en": "blocks after two seconds and smells warm",
        "de": "blockiert nach zwei Sekunden und riecht warm",
        "zh": "两秒后卡住并有热味",
    },
}
"""What owners say of a thing that does not work, by a word for the fault."""
