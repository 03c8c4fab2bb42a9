// Apple's push service, played over Node's own HTTP/2: checks what Apple's documents say of a request and answers by the device.
const http2 = require('http2');
const fs = require('fs');
const crypto = require('crypto');
const [port, key, cert, publicKey] = process.argv.slice(2);

const judge = (headers, body) => {
    const token = (headers.authorization || '').replace(/^bearer /i, '');
    const [head, claims, signature] = token.split('.');
    const told = (part) => JSON.parse(Buffer.from(part, 'base64url'));
    const signed = crypto.createVerify('sha256').update(head + '.' + claims)
        .verify({ key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature || '', 'base64url'));
    if (!signed || told(head).alg !== 'ES256' || told(head).kid !== 'FGHIJ67890' || told(claims).iss !== 'ABCDE12345') return [403, 'InvalidProviderToken'];
    if (Math.abs(Date.now() / 1000 - told(claims).iat) > 3600) return [403, 'ExpiredProviderToken'];
    if (headers['apns-topic'] !== 'org.example.app') return [400, 'BadTopic'];
    if (headers['apns-push-type'] !== 'alert') return [400, 'InvalidPushType'];
    if (headers['apns-collapse-id'] && Buffer.byteLength(headers['apns-collapse-id']) > 64) return [400, 'BadCollapseId'];
    if (!/^[0-9a-f-]{36}$/.test(headers['apns-id'] || '') && headers['apns-id']) return [400, 'BadMessageId'];
    if (body.length > 4096) return [413, 'PayloadTooLarge'];
    const device = headers[':path'].replace('/3/device/', '');
    if (device.startsWith('de')) return [410, 'Unregistered'];
    if (/^0+$/.test(device)) return [400, 'BadDeviceToken'];
    if (device.startsWith('50')) return [503, 'ServiceUnavailable'];
    return [200];
};

const server = http2.createSecureServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert), allowHTTP1: false });
server.on('stream', (stream, headers) => {
    let body = '';
    stream.on('data', (chunk) => { body += chunk; });
    stream.on('end', () => {
        if (headers[':path'].includes('/ha')) return stream.session.destroy();
        const [status, reason] = judge(headers, body);
        const more = reason === 'Unregistered' ? { timestamp: 1 } : {};
        stream.respond({ ':status': status, 'apns-id': headers['apns-id'] || 'made-up' });
        stream.end(reason ? JSON.stringify({ reason, ...more }) : '');
        process.stdout.write(JSON.stringify({ status, reason, body: body && JSON.parse(body), id: headers['apns-id'], collapse: headers['apns-collapse-id'] }) + '\n');
    });
});
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
