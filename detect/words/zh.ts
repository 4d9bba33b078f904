import type { Lexicon } from './lexicon.ts'

/** Chinese. The numerals are digits by their class; what is here is said around them. 幺 is how a one is read out. */
export const zh: Lexicon = {
  language: 'zh',
  digits: ['洞', '幺, 么', '', '', '', '', '', '拐', '', '勾'],
  numbers: { 10: '十, 拾' },
  scales: { 100: '百, 佰', 1000: '千, 仟' },
  times: { 2: '两个', 3: '三个', 4: '四个' },
  marks: {
    filler: '稍等, 现在, 下面, 接下来是, 等一下, 嗯, 呃, 那个, 然后, 再, 接着, 还有, 空格, 杠, 横杠, 是, 点',
    correction: '不对, 不是, 错了, 抱歉, 对不起, 我是说',
    restart: '重新来, 从头开始, 重来',
    ordinal: '前, 后, 最后, 最前, 接下来, 第一, 第二, 第三, 第四',
    part: '段, 组, 部分',
    digits: '位',
    card: '卡号, 信用卡, 银行卡, 借记卡, 储蓄卡, 卡',
    other_card: '礼品卡, 会员卡, 电话卡, 身份证, 购物卡, 优惠券, 图书卡',
    cvc: '安全码, 验证码后三位, 背面三位, 卡背面, 后三码, 校验码',
    expiry: '有效期, 到期, 有效期至, 过期',
    perishable: '护照, 牛奶, 优惠, 驾照, 合同, 保质期',
    order: '订单号, 订单, 快递单号, 单号, 运单号, 发票, 预订号, 编号, 账号',
    phone: '电话, 手机, 手机号, 电话号码',
    unit: '元, 块, 人, 点钟, 分钟, 小时, 天, 年, 月, 日, 个, 岁, 次',
    confirm: '对, 好的, 是的, 嗯嗯, 谢谢',
  },
}
