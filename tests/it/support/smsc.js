// An SMSC by the npm package `smpp`, which has its own codec. What it does depends on the number, as the tests agree with it:
// the last two digits are the status of its answer in hexadecimal, or one of the plays below. What it took is written to
// standard output, a line of JSON a message.
const fs = require('fs');
const smpp = require('smpp');

const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const plays = JSON.parse(process.argv[2]);
const ids = plays.ids || 'same';
let number = 0;
let throttled = false;

const receipt = (session, id, state, pdu, more) => {
    const names = { 2: 'DELIVRD', 5: 'UNDELIV', 1: 'ENROUTE' };
    const text = `id:${id} sub:001 dlvrd:001 submit date:2611222100 done date:2611222101 stat:${names[state]} err:${more.err || '000'} text:secret words`;
    const deliver = {
        source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4, short_message: { message: Buffer.from(text, 'latin1') },
    };
    if (more.tlv) Object.assign(deliver, { receipted_message_id: id, message_state: state });
    session.deliver_sm(deliver, (answer) => say({ receipt: id, answered: answer.command_status }));
};

// With a directory of certificates it speaks TLS from the first byte.
const secure = plays.certificates && { key: fs.readFileSync(plays.certificates + '/key.pem'), cert: fs.readFileSync(plays.certificates + '/cert.pem') };
const server = smpp.createServer(secure || {}, (session) => {
    session.on('error', () => {});
    session.on('bind_transceiver', (pdu) => {
        const refused = pdu.system_id !== 'candour' || pdu.password !== 'secret';
        say({ bind: pdu.system_id, version: pdu.interface_version, refused });
        session.send(pdu.response({ command_status: refused ? smpp.ESME_RBINDFAIL : 0, system_id: 'smsc' }));
    });
    session.on('enquire_link', (pdu) => { say({ enquired: true }); if (!plays.deaf) session.send(pdu.response()); });
    session.on('unbind', (pdu) => { say({ unbound: true }); session.send(pdu.response()); session.close(); });
    session.on('submit_sm', (pdu) => {
        number += 1;
        const to = pdu.destination_addr;
        const message = pdu.message_payload || pdu.short_message;
        const id = ids === 'decimal_in_receipts' ? (0xa0 + number).toString(16) : 'm' + number;
        const told = ids === 'decimal_in_receipts' ? String(0xa0 + number) : id;
        say({
            id, to, from: pdu.source_addr, from_ton: pdu.source_addr_ton, esm_class: pdu.esm_class, coding: pdu.data_coding,
            registered: pdu.registered_delivery, payload: Boolean(pdu.message_payload), validity: String(pdu.validity_period),
            text: typeof message.message === 'string' ? message.message : message.message.toString('hex'),
            udh: (message.udh || []).map((part) => part.toString('hex')),
        });
        const answer = (status) => session.send(pdu.response({ command_status: status, message_id: status ? '' : id }));
        if (to.endsWith('90')) return; // never answers
        if (to.endsWith('91')) return session.close(); // hangs up
        if (to.endsWith('92')) { receipt(session, told, 2, pdu, { tlv: true }); return setTimeout(() => answer(0), 300); }
        if (to.endsWith('93')) { answer(0); return receipt(session, told, 5, pdu, { err: '042' }); }
        if (to.endsWith('94')) { answer(0); return receipt(session, told, 2, pdu, {}); }
        if (to.endsWith('95')) { answer(0); return receipt(session, 'nobodys', 2, pdu, { tlv: true }); }
        if (to.endsWith('96')) return session.socket.write(Buffer.from('000000058000000400000000', 'hex')); // nonsense
        if (to.endsWith('97')) return answer(smpp.ESME_RINVDSTADR);
        if (to.endsWith('98')) { // too fast, once, at the second part
            const late = !throttled && message.udh && message.udh[0][message.udh[0].length - 1] === 2;
            throttled = throttled || late;
            return answer(late ? smpp.ESME_RTHROTTLED : 0);
        }
        answer(parseInt(to.slice(-2), 16));
    });
});
server.listen(Number(process.argv[3]), '127.0.0.1', () => say({ listening: true }));
